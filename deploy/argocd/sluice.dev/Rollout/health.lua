-- What Argo CD makes of a Rollout. Only the basic and the table library are there, as in Argo CD's ConfigMap.
local status = obj.status or {}
local message = status.message or ""
if message == "" then message = "Sluice has not looked at this yet" end

-- Compared as numbers: both may be absent, and -1 stands for nobody having looked.
if status.observedGeneration == nil or tonumber(status.observedGeneration) ~= tonumber(obj.metadata.generation) then
  return {status = "Progressing", message = "Waiting for Sluice to see the newest spec"}
end

local holds = {}
for _, condition in ipairs(status.conditions or {}) do
  holds[condition.type] = condition.status == "True"
end
if holds.Stalled then return {status = "Degraded", message = message} end
if status.phase == "Paused" then return {status = "Suspended", message = message} end
if holds.Ready then return {status = "Healthy", message = message} end
return {status = "Progressing", message = message}
