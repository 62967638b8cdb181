-- Argo CD's own health of Deployments, except for one that Sluice holds: `paused` means there that a new template meets users by a
-- Rollout, or rests, and not that somebody has stopped.
local spec = obj.spec or {}
local status = obj.status or {}
local replicas = spec.replicas or 1
local updated = status.updatedReplicas or 0
local available = status.availableReplicas or 0
local holder = (obj.metadata.annotations or {})["sluice.dev/rollout"]

if spec.paused == true then
  if holder == nil then return {status = "Suspended", message = "Deployment is paused"} end
  -- Not Healthy before Sluice has had its say: in this very moment the Rollout may not know of the new template yet.
  if (status.observedGeneration or 0) < obj.metadata.generation or updated < replicas then
    return {status = "Suspended", message = "Held by Sluice: its Rollout " .. holder .. " brings the new template to users"}
  end
  if available < replicas then
    return {status = "Progressing", message = "Held by Sluice: " .. available .. " of " .. replicas .. " replicas are available"}
  end
  return {status = "Healthy", message = "Held by Sluice: every pod is of the newest template"}
end

if (status.observedGeneration or 0) < obj.metadata.generation then
  return {status = "Progressing", message = "Waiting for rollout to finish: observed deployment generation less than desired generation"}
end
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Progressing" and condition.reason == "ProgressDeadlineExceeded" then
    return {status = "Degraded", message = "Deployment \"" .. obj.metadata.name .. "\" exceeded its progress deadline"}
  end
end
if updated < replicas then
  return {status = "Progressing", message = "Waiting for rollout to finish: " .. updated .. " out of " .. replicas .. " new replicas have been updated..."}
end
if (status.replicas or 0) > updated then
  return {status = "Progressing", message = "Waiting for rollout to finish: " .. (status.replicas - updated) .. " old replicas are pending termination..."}
end
if available < updated then
  return {status = "Progressing", message = "Waiting for rollout to finish: " .. available .. " of " .. updated .. " updated replicas are available..."}
end
return {status = "Healthy"}
