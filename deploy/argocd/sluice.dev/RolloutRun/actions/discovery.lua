-- Which commands Argo CD offers for a run. One that the state machine would refuse is shown and cannot be clicked.
local status = obj.status or {}
local phase = status.phase or "Preflight"
local function isOneOf(...)
  for _, name in ipairs({...}) do
    if phase == name then return true end
  end
  return false
end

local isBeforeSwap = isOneOf("Waiting", "Fencing", "Scaling", "Shifting", "Observing")
local isStopped = phase == "Paused" or (phase == "Preflight" and status.pause ~= nil)
local keeps = phase == "Keeping" and (status.deadlines or {}).keep ~= nil

local current = obj.spec.plan.steps[(status.step or 0) + 1]

-- The gate of the step before: that is the approval which a waiting run waits for.
local gate = obj.spec.plan.steps[status.step or 0]
local waitsForApproval = phase == "Waiting" and gate ~= nil and gate.approval == true
for _, name in ipairs(status.approved or {}) do
  if gate ~= nil and gate.name == name then waitsForApproval = false end
end

local can = {
  approve = waitsForApproval,
  -- The last step cannot be skipped: what it shows decides the promotion.
  skip = isOneOf("Scaling", "Observing") and obj.spec.plan.steps[(status.step or 0) + 2] ~= nil,
  pause = isBeforeSwap or keeps or (phase == "Preflight" and not isStopped),
  resume = isStopped or (phase == "Keeping" and not keeps),
  promote = phase == "Keeping" or (isBeforeSwap and not (phase == "Observing" and current ~= nil and current.promotion)),
  abort = isBeforeSwap or isOneOf("Preflight", "Paused", "SwappingLabels", "SwappingWeight", "Keeping"),
  retry = isOneOf("RolledBack", "Aborted") or (status.stalled ~= nil and isOneOf("Preflight", "Converging", "Joining", "Withdrawing", "Undoing")),
  undo = isOneOf("SwappingLabels", "SwappingWeight", "Keeping", "Converging", "Joining", "Promoted"),
}
local actions = {}
for verb, allowed in pairs(can) do
  actions[verb] = {disabled = not allowed}
end
return actions
