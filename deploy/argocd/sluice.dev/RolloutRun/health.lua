-- What Argo CD shows of one attempt to bring a version to users. It counts nothing towards the application, which is judged by the
-- Rollout: a run is no part of Git.
local status = obj.status or {}
local phase = status.phase or "Preflight"
local message = status.message or ""
if message == "" then message = phase end

if phase == "Promoted" then return {status = "Healthy", message = message} end
if phase == "Superseded" then return {status = "Healthy", message = message} end
if phase == "RolledBack" or phase == "Aborted" then return {status = "Degraded", message = message} end
if status.stalled ~= nil then return {status = "Degraded", message = status.stalled.message} end
local isStopped = (phase == "Preflight" and status.pause ~= nil) or (phase == "Keeping" and (status.deadlines or {}).keep == nil)
if phase == "Paused" or phase == "Waiting" or isStopped then
  return {status = "Suspended", message = message}
end
return {status = "Progressing", message = message}
