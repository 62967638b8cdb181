import type { Shell } from "./completion.ts";

/**
 * A script by which a shell asks `sluice __complete` what may come next: one answer for all of them, and for kubectl. An answer's last
 * line is a number: 0 where the name of a file would do.
 */
export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}

const BASH = `# bash completion for sluice
_sluice() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :0) compopt -o default ;;
      :*) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(sluice __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _sluice sluice
`;

const ZSH = `#compdef sluice
_sluice() {
  local line files=
  local -a offered
  while IFS= read -r line; do
    case "$line" in
      :0) files=yes ;;
      :*) ;;
      *$'\\t'*) offered+=("\${line%%$'\\t'*}:\${line#*$'\\t'}") ;;
      *) offered+=("$line") ;;
    esac
  done < <(sluice __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if [[ -n "$files" ]]; then _files; else _describe -V sluice offered; fi
}
if [[ "$funcstack[1]" = _sluice ]]; then _sluice; else compdef _sluice sluice; fi
`;

const FISH = `# fish completion for sluice
function __sluice_complete
  set -l words (commandline -opc)
  set -l last (commandline -ct)
  for line in (sluice __complete $words[2..-1] "$last" 2>/dev/null)
    switch $line
      case ':0'
        __fish_complete_path "$last"
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c sluice -f -k -a '(__sluice_complete)'
`;
