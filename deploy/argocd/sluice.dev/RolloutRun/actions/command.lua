-- Appends a command to the run's list, which is the record of who did what. Who it was is written by Sluice's admission policy.
local verb = "VERB"
local commands = obj.spec.commands or {}
-- Counted, not drawn: two clicks in one moment give one command, since the API server gets the same entry twice.
local command = {id = "argocd-" .. verb .. "-" .. (#commands + 1), verb = verb, reason = "given in Argo CD"}
local step = obj.status ~= nil and obj.status.step or 0
if verb == "approve" then command.step = obj.spec.plan.steps[step].name end
if verb == "skip" then command.step = obj.spec.plan.steps[step + 1].name end
table.insert(commands, command)
obj.spec.commands = commands
return obj
