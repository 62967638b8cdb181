import type { Command } from "commander";
import type { Shell } from "./completion.ts";

interface Described {
  name: string;
  summary: string;
  options: readonly string[];
  /** Whether its first argument is the name of a Rollout. */
  takesRollout: boolean;
}

/** Names of the Rollouts of the namespace, one a line; nothing when there is no cluster. */
const NAMES = "sluice get --output name 2>/dev/null";

/** A script that completes what `root` has. */
export function completionScript(shell: Shell, root: Command): string {
  const commands = root.commands.map(described);
  return { bash, zsh, fish }[shell](commands);
}

function described(command: Command): Described {
  return {
    name: command.name(),
    summary: command.summary(),
    options: ["--help", ...command.options.flatMap(({ long }) => long ?? [])],
    takesRollout: command.registeredArguments[0]?.name() === "name",
  };
}

function bash(commands: readonly Described[]): string {
  const cases = commands.map(
    ({ name, options, takesRollout }) =>
      `    ${name}) options="${options.join(" ")}"; ${takesRollout ? "rollouts=yes" : "rollouts="} ;;`,
  );
  return `# bash completion for sluice
_sluice() {
  local word="\${COMP_WORDS[COMP_CWORD]}" options= rollouts=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) [ -n "$rollouts" ] && COMPREPLY=($(compgen -W "$(${NAMES})" -- "$word")) ;;
  esac
}
complete -F _sluice sluice
`;
}

function zsh(commands: readonly Described[]): string {
  const cases = commands.map(
    ({ name, options, takesRollout }) =>
      `    ${name}) options=(${options.join(" ")}); ${takesRollout ? "rollouts=yes" : "rollouts="} ;;`,
  );
  return `#compdef sluice
_sluice() {
  local -a commands options names
  local rollouts=
  if (( CURRENT == 2 )); then
    commands=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`).join("\n")}
    )
    _describe command commands
    return
  fi
  case "\${words[2]}" in
${cases.join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    compadd -- $options
  elif [[ -n "$rollouts" ]]; then
    names=(\${(f)"$(${NAMES})"})
    compadd -- $names
  fi
}
if [ "$funcstack[1]" = _sluice ]; then _sluice; else compdef _sluice sluice; fi
`;
}

function fish(commands: readonly Described[]): string {
  const lines = commands.flatMap(({ name, summary, options, takesRollout }) => [
    `complete -c sluice -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...options.map((option) => `complete -c sluice -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`),
    ...(takesRollout ? [`complete -c sluice -n '__fish_seen_subcommand_from ${name}' -a '(${NAMES})'`] : []),
  ]);
  return `# fish completion for sluice\ncomplete -c sluice -f\n${lines.join("\n")}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
