
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'aidf' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'aidf'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'aidf' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Open, inspect, update and close sandboxes')
            [CompletionResult]::new('commit', 'commit', [CompletionResultType]::ParameterValue, 'Write files, with their log entries, as one commit on a remote branch')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the state of this clone and its sandbox')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the commits of a branch')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Undo commits by a new commit')
            [CompletionResult]::new('snapshot', 'snapshot', [CompletionResultType]::ParameterValue, 'Save the working tree before something risky, and bring it back')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Make, list, prune, test and restore backups')
            [CompletionResult]::new('propose', 'propose', [CompletionResultType]::ParameterValue, 'Show a sandbox''s difference and open, or update, its pull request')
            [CompletionResult]::new('land', 'land', [CompletionResultType]::ParameterValue, 'Merge a sandbox into a protected branch, on a server without pull requests')
            [CompletionResult]::new('protect', 'protect', [CompletionResultType]::ParameterValue, 'Make the server enforce the rules for everybody')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Show the rules in force, and what they say of a path')
            [CompletionResult]::new('agents', 'agents', [CompletionResultType]::ParameterValue, 'Tell AI agents how to write here')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Read what was done, and prove that the records of it hold')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Issue, read and revoke tokens')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'Show the key ring, give it a new key, retire an old one')
            [CompletionResult]::new('hook', 'hook', [CompletionResultType]::ParameterValue, 'The hook that git runs on a server (`aidf protect apply` installs it)')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Show all the main commands at work on a new local remote')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the man pages into a folder')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;sandbox' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Open a sandbox: resume the token''s branch, or fork a new one')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List every sandbox and what it did')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one sandbox''s commits and files')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what one sandbox changed since its fork point')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Merge the sandbox''s newest commit into the working files')
            [CompletionResult]::new('switch', 'switch', [CompletionResultType]::ParameterValue, 'Check out the sandbox''s branch')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Merge new commits of the base into the sandbox')
            [CompletionResult]::new('close', 'close', [CompletionResultType]::ParameterValue, 'Archive the sandbox, then delete its branch')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Archive the sandboxes that nobody writes to any more')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Bring a closed sandbox back from its archive')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;sandbox;init' {
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'Come back with this token (- reads it from stdin)')
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'The token''s branch (needed if this machine does not have the token''s key)')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'Fork from this branch')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Call the new sandbox sandbox-NAME')
            [CompletionResult]::new('--worktree', '--worktree', [CompletionResultType]::ParameterName, 'Add a git worktree for the branch in DIR')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--force-new', '--force-new', [CompletionResultType]::ParameterName, 'Open a new sandbox, even if there is a token')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Fail if the token is rejected, instead of opening a new sandbox')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;list' {
            [CompletionResult]::new('--idle', '--idle', [CompletionResultType]::ParameterName, 'List only sandboxes without a write for this many days')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;show' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;diff' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--stat', '--stat', [CompletionResultType]::ParameterName, 'Count the changed lines of each file (the default)')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Print the changed lines')
            [CompletionResult]::new('--patch', '--patch', [CompletionResultType]::ParameterName, 'Print the changed lines')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;pull' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;switch' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;sync' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Merge from this branch (default: the one that the sandbox was forked from)')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Take the merged content of a path in conflict from its working file, another file or stdin')
            [CompletionResult]::new('--rm', '--rm', [CompletionResultType]::ParameterName, 'Resolve a path in conflict by removing it')
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'The sandbox''s token (- reads it from stdin)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--markers', '--markers', [CompletionResultType]::ParameterName, 'Write both versions of each conflict into the working files, with git''s markers')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Do everything except the push')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;close' {
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'The sandbox''s token (- reads it from stdin)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;prune' {
            [CompletionResult]::new('--idle', '--idle', [CompletionResultType]::ParameterName, 'Archive the sandboxes without a write for this many days')
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'An operator''s token (- reads it from stdin)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;restore' {
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'The sandbox''s token (- reads it from stdin)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;sandbox;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Open a sandbox: resume the token''s branch, or fork a new one')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List every sandbox and what it did')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one sandbox''s commits and files')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what one sandbox changed since its fork point')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Merge the sandbox''s newest commit into the working files')
            [CompletionResult]::new('switch', 'switch', [CompletionResultType]::ParameterValue, 'Check out the sandbox''s branch')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Merge new commits of the base into the sandbox')
            [CompletionResult]::new('close', 'close', [CompletionResultType]::ParameterValue, 'Archive the sandbox, then delete its branch')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Archive the sandboxes that nobody writes to any more')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Bring a closed sandbox back from its archive')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;sandbox;help;init' {
            break
        }
        'aidf;sandbox;help;list' {
            break
        }
        'aidf;sandbox;help;show' {
            break
        }
        'aidf;sandbox;help;diff' {
            break
        }
        'aidf;sandbox;help;pull' {
            break
        }
        'aidf;sandbox;help;switch' {
            break
        }
        'aidf;sandbox;help;sync' {
            break
        }
        'aidf;sandbox;help;close' {
            break
        }
        'aidf;sandbox;help;prune' {
            break
        }
        'aidf;sandbox;help;restore' {
            break
        }
        'aidf;sandbox;help;help' {
            break
        }
        'aidf;commit' {
            [CompletionResult]::new('--from-dir', '--from-dir', [CompletionResultType]::ParameterName, 'Commit every file below DIR, at the same path on the branch')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave out matching files of folders and of -a, such as ''*.log'' or ''build/**''')
            [CompletionResult]::new('--rm', '--rm', [CompletionResultType]::ParameterName, 'Remove a path from the branch')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'The commit message: what was done')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'The commit message: what was done')
            [CompletionResult]::new('--task-id', '--task-id', [CompletionResultType]::ParameterName, 'The task that the commit belongs to')
            [CompletionResult]::new('--committed-by', '--committed-by', [CompletionResultType]::ParameterName, 'The writer''s name (default: the branch''s name)')
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'The program that wrote the files')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The model that the program used')
            [CompletionResult]::new('--session-url', '--session-url', [CompletionResultType]::ParameterName, 'Where the session that wrote it can be read')
            [CompletionResult]::new('--description', '--description', [CompletionResultType]::ParameterName, 'What the files are for (goes into the memory entry)')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'A search word for the files (goes into the memory entry)')
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'The branch to write to')
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'The sandbox''s token (- reads it from stdin)')
            [CompletionResult]::new('--expect-head', '--expect-head', [CompletionResultType]::ParameterName, 'Fail unless the branch is at this commit')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'The commit that your files are based on, if git cannot tell')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Commit every change of the working tree since HEAD')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Commit every change of the working tree since HEAD')
            [CompletionResult]::new('--overwrite', '--overwrite', [CompletionResultType]::ParameterName, 'Write your version of a file even if others changed it')
            [CompletionResult]::new('--no-changelog', '--no-changelog', [CompletionResultType]::ParameterName, 'Write no changelog entries')
            [CompletionResult]::new('--no-memory', '--no-memory', [CompletionResultType]::ParameterName, 'Write no memory entries')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Do everything except the push')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;status' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;log' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Show at most this many commits')
            [CompletionResult]::new('--task-id', '--task-id', [CompletionResultType]::ParameterName, 'Show only commits of this task')
            [CompletionResult]::new('--committed-by', '--committed-by', [CompletionResultType]::ParameterName, 'Show only commits that name this writer')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'Show only commits that change this path or something below it')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;rollback' {
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Undo the last N commits that were written to this branch')
            [CompletionResult]::new('--task-id', '--task-id', [CompletionResultType]::ParameterName, 'Undo every commit of a task that is signed and was written to this branch')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Put the files back to their state at a commit or backup')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'Undo only changes of this path, or below it')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'The reason (goes into the log)')
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'The branch to write to')
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'The sandbox''s token (- reads it from stdin)')
            [CompletionResult]::new('--committed-by', '--committed-by', [CompletionResultType]::ParameterName, 'The name of whoever undoes it (default: the branch''s name)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--unsigned', '--unsigned', [CompletionResultType]::ParameterName, 'With --task-id: also undo commits that only claim to be of the task')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Do everything except the push')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;snapshot' {
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'What the snapshot is for')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'What the snapshot is for')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the snapshots of this working tree, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the files that differ between the working tree and a snapshot')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Set the working files as a snapshot has them, after a snapshot of what they are now')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove old snapshots of this working tree')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;snapshot;list' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'At most this many snapshots')
            [CompletionResult]::new('--number', '--number', [CompletionResultType]::ParameterName, 'At most this many snapshots')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;snapshot;show' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;snapshot;restore' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--clean', '--clean', [CompletionResultType]::ParameterName, 'Remove the untracked files that the snapshot lacks, but no ignored ones')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;snapshot;prune' {
            [CompletionResult]::new('--keep-last', '--keep-last', [CompletionResultType]::ParameterName, 'Keep the last N snapshots')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Remove the snapshots that are older than D, such as 7d or 36h')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be removed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;snapshot;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the snapshots of this working tree, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the files that differ between the working tree and a snapshot')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Set the working files as a snapshot has them, after a snapshot of what they are now')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove old snapshots of this working tree')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;snapshot;help;list' {
            break
        }
        'aidf;snapshot;help;show' {
            break
        }
        'aidf;snapshot;help;restore' {
            break
        }
        'aidf;snapshot;help;prune' {
            break
        }
        'aidf;snapshot;help;help' {
            break
        }
        'aidf;backup' {
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'A branch to back up (default: the branches in the config, or the default branch)')
            [CompletionResult]::new('--dest', '--dest', [CompletionResultType]::ParameterName, 'Push the backups to this remote too ({repo} stands for the repository''s name)')
            [CompletionResult]::new('--bundle', '--bundle', [CompletionResultType]::ParameterName, 'Write the backups with their history into a git bundle')
            [CompletionResult]::new('--bundle-dir', '--bundle-dir', [CompletionResultType]::ParameterName, 'Write bundles into this folder too: first a full one, then incremental ones')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Back up every repository in the config')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Make full bundles in folders, not incremental ones')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make today''s backup of each branch (the default)')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the backups, newest first')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove the backups and bundles that no rule keeps')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that every object of the backups and bundles is present and intact')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Restore a backup, as a new branch or onto an existing one')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the ledgers of branches as JSON files, or move old entries to the archive')
            [CompletionResult]::new('drill', 'drill', [CompletionResultType]::ParameterValue, 'Restore the newest backup and bundle into empty repositories, and report')
            [CompletionResult]::new('schedule', 'schedule', [CompletionResultType]::ParameterValue, 'Print crontab lines, systemd timers or a GitHub Actions workflow')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;backup;create' {
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'A branch to back up (default: the branches in the config, or the default branch)')
            [CompletionResult]::new('--dest', '--dest', [CompletionResultType]::ParameterName, 'Push the backups to this remote too ({repo} stands for the repository''s name)')
            [CompletionResult]::new('--bundle', '--bundle', [CompletionResultType]::ParameterName, 'Write the backups with their history into a git bundle')
            [CompletionResult]::new('--bundle-dir', '--bundle-dir', [CompletionResultType]::ParameterName, 'Write bundles into this folder too: first a full one, then incremental ones')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Back up every repository in the config')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Make full bundles in folders, not incremental ones')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;backup;list' {
            [CompletionResult]::new('--max-age', '--max-age', [CompletionResultType]::ParameterName, 'Exit with 8 if the newest backup is older than D, such as 36h or 2d')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Work on every repository in the config')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;backup;prune' {
            [CompletionResult]::new('--keep-last', '--keep-last', [CompletionResultType]::ParameterName, 'Keep the last N backups of each branch')
            [CompletionResult]::new('--keep-daily', '--keep-daily', [CompletionResultType]::ParameterName, 'Keep the last backup of the day, for the newest N days that have one')
            [CompletionResult]::new('--keep-weekly', '--keep-weekly', [CompletionResultType]::ParameterName, 'Keep the last backup of the week, for the newest N weeks that have one')
            [CompletionResult]::new('--keep-monthly', '--keep-monthly', [CompletionResultType]::ParameterName, 'Keep the last backup of the month, for the newest N months that have one')
            [CompletionResult]::new('--keep-within', '--keep-within', [CompletionResultType]::ParameterName, 'Keep all backups made within D before the newest, such as 30d or 1y6m')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be removed, and which rule keeps the others')
            [CompletionResult]::new('--trust-unauthenticated', '--trust-unauthenticated', [CompletionResultType]::ParameterName, 'Treat backups that are not authenticated like the others (for example, backups that are older than manifests)')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Work on every repository in the config')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;backup;verify' {
            [CompletionResult]::new('--bundle', '--bundle', [CompletionResultType]::ParameterName, 'Check only this bundle, or folder of bundles, without asking a remote')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Work on every repository in the config')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;backup;restore' {
            [CompletionResult]::new('--bundle', '--bundle', [CompletionResultType]::ParameterName, 'Restore from this bundle, or from the newest bundle in this folder')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The branch to restore to (default: restore/NAME); an existing branch gets a rollback commit')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'The reason (goes into the log of an existing branch)')
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'The sandbox''s token (- reads it from stdin)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;backup;export' {
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'A branch to export (default: the default branch)')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'The folder to write to (default: the current one)')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'With --rotate: the age of an old entry, such as 90d')
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'With --rotate: the branch''s token (- reads it from stdin)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--to-destinations', '--to-destinations', [CompletionResultType]::ParameterName, 'Write to every folder in the configured destinations')
            [CompletionResult]::new('--rotate', '--rotate', [CompletionResultType]::ParameterName, 'Then move old changelog entries to archive/changelog-YYYY-MM.yaml, in one commit')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'With --rotate: show what would move')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Work on every repository in the config')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;backup;drill' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Work on every repository in the config')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;backup;schedule' {
            [CompletionResult]::new('--job', '--job', [CompletionResultType]::ParameterName, 'A job to schedule (default: create, prune, drill; also export if it has a folder to write to)')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'The folder for the weekly export (default: the folders in the configured destinations)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--cron', '--cron', [CompletionResultType]::ParameterName, 'Print crontab lines')
            [CompletionResult]::new('--systemd', '--systemd', [CompletionResultType]::ParameterName, 'Print a systemd service and timer for each job')
            [CompletionResult]::new('--actions', '--actions', [CompletionResultType]::ParameterName, 'Print a GitHub Actions workflow')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Work on every repository in the config')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;backup;help' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make today''s backup of each branch (the default)')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the backups, newest first')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove the backups and bundles that no rule keeps')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that every object of the backups and bundles is present and intact')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Restore a backup, as a new branch or onto an existing one')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the ledgers of branches as JSON files, or move old entries to the archive')
            [CompletionResult]::new('drill', 'drill', [CompletionResultType]::ParameterValue, 'Restore the newest backup and bundle into empty repositories, and report')
            [CompletionResult]::new('schedule', 'schedule', [CompletionResultType]::ParameterValue, 'Print crontab lines, systemd timers or a GitHub Actions workflow')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;backup;help;create' {
            break
        }
        'aidf;backup;help;list' {
            break
        }
        'aidf;backup;help;prune' {
            break
        }
        'aidf;backup;help;verify' {
            break
        }
        'aidf;backup;help;restore' {
            break
        }
        'aidf;backup;help;export' {
            break
        }
        'aidf;backup;help;drill' {
            break
        }
        'aidf;backup;help;schedule' {
            break
        }
        'aidf;backup;help;help' {
            break
        }
        'aidf;propose' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The branch to merge into (default: the default branch)')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'The kind of server at the remote (default: detected from its address)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the difference and the guards'' verdicts, but open no pull request')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;land' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The branch to merge into (default: the default branch)')
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'An operator''s token (- reads it from stdin)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--squash', '--squash', [CompletionResultType]::ParameterName, 'Make one ordinary commit instead of a merge')
            [CompletionResult]::new('--close', '--close', [CompletionResultType]::ParameterName, 'Close the sandbox afterwards')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Do everything except the push')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;protect' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what apply would change')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Set up the rules (a second run changes nothing)')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Show which rules are enforced; exit with 8 unless all are')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove what apply made, and nothing else')
            [CompletionResult]::new('guide', 'guide', [CompletionResultType]::ParameterValue, 'Print the steps to set up the rules by hand')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;protect;plan' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'The kind of server at the remote (default: detected from its address)')
            [CompletionResult]::new('--approvals', '--approvals', [CompletionResultType]::ParameterName, 'How many approvals a proposal needs')
            [CompletionResult]::new('--status-check', '--status-check', [CompletionResultType]::ParameterName, 'Require this status check to pass')
            [CompletionResult]::new('--bypass', '--bypass', [CompletionResultType]::ParameterName, 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'The key file that the hook on your own server reads')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--code-owners', '--code-owners', [CompletionResultType]::ParameterName, 'Require an approval by the code owners')
            [CompletionResult]::new('--signed-commits', '--signed-commits', [CompletionResultType]::ParameterName, 'Require signed commits')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;protect;apply' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'The kind of server at the remote (default: detected from its address)')
            [CompletionResult]::new('--approvals', '--approvals', [CompletionResultType]::ParameterName, 'How many approvals a proposal needs')
            [CompletionResult]::new('--status-check', '--status-check', [CompletionResultType]::ParameterName, 'Require this status check to pass')
            [CompletionResult]::new('--bypass', '--bypass', [CompletionResultType]::ParameterName, 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'The key file that the hook on your own server reads')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--code-owners', '--code-owners', [CompletionResultType]::ParameterName, 'Require an approval by the code owners')
            [CompletionResult]::new('--signed-commits', '--signed-commits', [CompletionResultType]::ParameterName, 'Require signed commits')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;protect;check' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'The kind of server at the remote (default: detected from its address)')
            [CompletionResult]::new('--approvals', '--approvals', [CompletionResultType]::ParameterName, 'How many approvals a proposal needs')
            [CompletionResult]::new('--status-check', '--status-check', [CompletionResultType]::ParameterName, 'Require this status check to pass')
            [CompletionResult]::new('--bypass', '--bypass', [CompletionResultType]::ParameterName, 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'The key file that the hook on your own server reads')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--code-owners', '--code-owners', [CompletionResultType]::ParameterName, 'Require an approval by the code owners')
            [CompletionResult]::new('--signed-commits', '--signed-commits', [CompletionResultType]::ParameterName, 'Require signed commits')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;protect;remove' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'The kind of server at the remote (default: detected from its address)')
            [CompletionResult]::new('--approvals', '--approvals', [CompletionResultType]::ParameterName, 'How many approvals a proposal needs')
            [CompletionResult]::new('--status-check', '--status-check', [CompletionResultType]::ParameterName, 'Require this status check to pass')
            [CompletionResult]::new('--bypass', '--bypass', [CompletionResultType]::ParameterName, 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'The key file that the hook on your own server reads')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--code-owners', '--code-owners', [CompletionResultType]::ParameterName, 'Require an approval by the code owners')
            [CompletionResult]::new('--signed-commits', '--signed-commits', [CompletionResultType]::ParameterName, 'Require signed commits')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;protect;guide' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'The kind of server at the remote (default: detected from its address)')
            [CompletionResult]::new('--approvals', '--approvals', [CompletionResultType]::ParameterName, 'How many approvals a proposal needs')
            [CompletionResult]::new('--status-check', '--status-check', [CompletionResultType]::ParameterName, 'Require this status check to pass')
            [CompletionResult]::new('--bypass', '--bypass', [CompletionResultType]::ParameterName, 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'The key file that the hook on your own server reads')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--code-owners', '--code-owners', [CompletionResultType]::ParameterName, 'Require an approval by the code owners')
            [CompletionResult]::new('--signed-commits', '--signed-commits', [CompletionResultType]::ParameterName, 'Require signed commits')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;protect;help' {
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what apply would change')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Set up the rules (a second run changes nothing)')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Show which rules are enforced; exit with 8 unless all are')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove what apply made, and nothing else')
            [CompletionResult]::new('guide', 'guide', [CompletionResultType]::ParameterValue, 'Print the steps to set up the rules by hand')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;protect;help;plan' {
            break
        }
        'aidf;protect;help;apply' {
            break
        }
        'aidf;protect;help;check' {
            break
        }
        'aidf;protect;help;remove' {
            break
        }
        'aidf;protect;help;guide' {
            break
        }
        'aidf;protect;help;help' {
            break
        }
        'aidf;policy' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show every rule in force, and who set it')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Say whether a commit may write these paths')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;policy;show' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;policy;check' {
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'The branch (default: the one that a commit would write)')
            [CompletionResult]::new('--pod', '--pod', [CompletionResultType]::ParameterName, 'The pod that writes (default: that of the token, or the configured one)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;policy;help' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show every rule in force, and who set it')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Say whether a commit may write these paths')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;policy;help;show' {
            break
        }
        'aidf;policy;help;check' {
            break
        }
        'aidf;policy;help;help' {
            break
        }
        'aidf;agents' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Write instructions for AI agents into the files that they read')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;agents;install' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'The agent (default: all of them)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--apply', '--apply', [CompletionResultType]::ParameterName, 'Write the files (default: only show what would be written)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;agents;help' {
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Write instructions for AI agents into the files that they read')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;agents;help;install' {
            break
        }
        'aidf;agents;help;help' {
            break
        }
        'aidf;audit' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what was done and refused, from every record at hand')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Look for commits and records that were forged, altered or taken away')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;audit;log' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'At most this many entries')
            [CompletionResult]::new('--number', '--number', [CompletionResultType]::ParameterName, 'At most this many entries')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only what is not older than this, such as 7d or 36h')
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'Only what was done to this branch')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'Only what this one did: a token''s id, a pod, a writer or a server''s user')
            [CompletionResult]::new('--task-id', '--task-id', [CompletionResultType]::ParameterName, 'Only what was done for this task')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;audit;verify' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;audit;help' {
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what was done and refused, from every record at hand')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Look for commits and records that were forged, altered or taken away')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;audit;help;log' {
            break
        }
        'aidf;audit;help;verify' {
            break
        }
        'aidf;audit;help;help' {
            break
        }
        'aidf;token' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('issue', 'issue', [CompletionResultType]::ParameterValue, 'Issue a token for a sandbox or for an operator')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what a token says and whether it is valid')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Make a token invalid, permanently')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;token;issue' {
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'Issue a token for this sandbox')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'How long it is valid, such as 30d or 8h (default: 30d for an operator; a sandbox''s token ends when nobody uses it)')
            [CompletionResult]::new('--pod', '--pod', [CompletionResultType]::ParameterName, 'Who gets the token')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--operator', '--operator', [CompletionResultType]::ParameterName, 'Issue an operator''s token: it writes protected branches, deletes backups, revokes tokens')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;token;inspect' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;token;revoke' {
            [CompletionResult]::new('--reuse-token', '--reuse-token', [CompletionResultType]::ParameterName, 'An operator''s token, if the server asks for one (default: AIDF_REUSE_TOKEN)')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;token;help' {
            [CompletionResult]::new('issue', 'issue', [CompletionResultType]::ParameterValue, 'Issue a token for a sandbox or for an operator')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what a token says and whether it is valid')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Make a token invalid, permanently')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;token;help;issue' {
            break
        }
        'aidf;token;help;inspect' {
            break
        }
        'aidf;token;help;revoke' {
            break
        }
        'aidf;token;help;help' {
            break
        }
        'aidf;key' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the keys of the ring, without their secrets')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Make a new key the one that seals tokens and signs commits')
            [CompletionResult]::new('retire', 'retire', [CompletionResultType]::ParameterValue, 'Reject the tokens of an old key')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;key;show' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;key;rotate' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--prepare', '--prepare', [CompletionResultType]::ParameterName, 'Only make the new key; the next rotation makes it active, once every machine has it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;key;retire' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;key;help' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the keys of the ring, without their secrets')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Make a new key the one that seals tokens and signs commits')
            [CompletionResult]::new('retire', 'retire', [CompletionResultType]::ParameterValue, 'Reject the tokens of an old key')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;key;help;show' {
            break
        }
        'aidf;key;help;rotate' {
            break
        }
        'aidf;key;help;retire' {
            break
        }
        'aidf;key;help;help' {
            break
        }
        'aidf;hook' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('pre-receive', 'pre-receive', [CompletionResultType]::ParameterValue, 'Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;hook;pre-receive' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;hook;help' {
            [CompletionResult]::new('pre-receive', 'pre-receive', [CompletionResultType]::ParameterValue, 'Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;hook;help;pre-receive' {
            break
        }
        'aidf;hook;help;help' {
            break
        }
        'aidf;demo' {
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;completions' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Work in the clone that contains DIR')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;man' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'The folder to write to (made if it does not exist)')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--repo', '--repo', [CompletionResultType]::ParameterName, 'Work directly on a remote (URL or path), without a clone')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Use this remote of the clone')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this operator''s config file')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this many seconds for the network')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object on stdout')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each step with its time on stderr')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'aidf;help' {
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Open, inspect, update and close sandboxes')
            [CompletionResult]::new('commit', 'commit', [CompletionResultType]::ParameterValue, 'Write files, with their log entries, as one commit on a remote branch')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the state of this clone and its sandbox')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the commits of a branch')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Undo commits by a new commit')
            [CompletionResult]::new('snapshot', 'snapshot', [CompletionResultType]::ParameterValue, 'Save the working tree before something risky, and bring it back')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Make, list, prune, test and restore backups')
            [CompletionResult]::new('propose', 'propose', [CompletionResultType]::ParameterValue, 'Show a sandbox''s difference and open, or update, its pull request')
            [CompletionResult]::new('land', 'land', [CompletionResultType]::ParameterValue, 'Merge a sandbox into a protected branch, on a server without pull requests')
            [CompletionResult]::new('protect', 'protect', [CompletionResultType]::ParameterValue, 'Make the server enforce the rules for everybody')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Show the rules in force, and what they say of a path')
            [CompletionResult]::new('agents', 'agents', [CompletionResultType]::ParameterValue, 'Tell AI agents how to write here')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Read what was done, and prove that the records of it hold')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Issue, read and revoke tokens')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'Show the key ring, give it a new key, retire an old one')
            [CompletionResult]::new('hook', 'hook', [CompletionResultType]::ParameterValue, 'The hook that git runs on a server (`aidf protect apply` installs it)')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Show all the main commands at work on a new local remote')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the man pages into a folder')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'aidf;help;sandbox' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Open a sandbox: resume the token''s branch, or fork a new one')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List every sandbox and what it did')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one sandbox''s commits and files')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what one sandbox changed since its fork point')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Merge the sandbox''s newest commit into the working files')
            [CompletionResult]::new('switch', 'switch', [CompletionResultType]::ParameterValue, 'Check out the sandbox''s branch')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Merge new commits of the base into the sandbox')
            [CompletionResult]::new('close', 'close', [CompletionResultType]::ParameterValue, 'Archive the sandbox, then delete its branch')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Archive the sandboxes that nobody writes to any more')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Bring a closed sandbox back from its archive')
            break
        }
        'aidf;help;sandbox;init' {
            break
        }
        'aidf;help;sandbox;list' {
            break
        }
        'aidf;help;sandbox;show' {
            break
        }
        'aidf;help;sandbox;diff' {
            break
        }
        'aidf;help;sandbox;pull' {
            break
        }
        'aidf;help;sandbox;switch' {
            break
        }
        'aidf;help;sandbox;sync' {
            break
        }
        'aidf;help;sandbox;close' {
            break
        }
        'aidf;help;sandbox;prune' {
            break
        }
        'aidf;help;sandbox;restore' {
            break
        }
        'aidf;help;commit' {
            break
        }
        'aidf;help;status' {
            break
        }
        'aidf;help;log' {
            break
        }
        'aidf;help;rollback' {
            break
        }
        'aidf;help;snapshot' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the snapshots of this working tree, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the files that differ between the working tree and a snapshot')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Set the working files as a snapshot has them, after a snapshot of what they are now')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove old snapshots of this working tree')
            break
        }
        'aidf;help;snapshot;list' {
            break
        }
        'aidf;help;snapshot;show' {
            break
        }
        'aidf;help;snapshot;restore' {
            break
        }
        'aidf;help;snapshot;prune' {
            break
        }
        'aidf;help;backup' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make today''s backup of each branch (the default)')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the backups, newest first')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove the backups and bundles that no rule keeps')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that every object of the backups and bundles is present and intact')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Restore a backup, as a new branch or onto an existing one')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the ledgers of branches as JSON files, or move old entries to the archive')
            [CompletionResult]::new('drill', 'drill', [CompletionResultType]::ParameterValue, 'Restore the newest backup and bundle into empty repositories, and report')
            [CompletionResult]::new('schedule', 'schedule', [CompletionResultType]::ParameterValue, 'Print crontab lines, systemd timers or a GitHub Actions workflow')
            break
        }
        'aidf;help;backup;create' {
            break
        }
        'aidf;help;backup;list' {
            break
        }
        'aidf;help;backup;prune' {
            break
        }
        'aidf;help;backup;verify' {
            break
        }
        'aidf;help;backup;restore' {
            break
        }
        'aidf;help;backup;export' {
            break
        }
        'aidf;help;backup;drill' {
            break
        }
        'aidf;help;backup;schedule' {
            break
        }
        'aidf;help;propose' {
            break
        }
        'aidf;help;land' {
            break
        }
        'aidf;help;protect' {
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what apply would change')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Set up the rules (a second run changes nothing)')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Show which rules are enforced; exit with 8 unless all are')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove what apply made, and nothing else')
            [CompletionResult]::new('guide', 'guide', [CompletionResultType]::ParameterValue, 'Print the steps to set up the rules by hand')
            break
        }
        'aidf;help;protect;plan' {
            break
        }
        'aidf;help;protect;apply' {
            break
        }
        'aidf;help;protect;check' {
            break
        }
        'aidf;help;protect;remove' {
            break
        }
        'aidf;help;protect;guide' {
            break
        }
        'aidf;help;policy' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show every rule in force, and who set it')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Say whether a commit may write these paths')
            break
        }
        'aidf;help;policy;show' {
            break
        }
        'aidf;help;policy;check' {
            break
        }
        'aidf;help;agents' {
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Write instructions for AI agents into the files that they read')
            break
        }
        'aidf;help;agents;install' {
            break
        }
        'aidf;help;audit' {
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what was done and refused, from every record at hand')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Look for commits and records that were forged, altered or taken away')
            break
        }
        'aidf;help;audit;log' {
            break
        }
        'aidf;help;audit;verify' {
            break
        }
        'aidf;help;token' {
            [CompletionResult]::new('issue', 'issue', [CompletionResultType]::ParameterValue, 'Issue a token for a sandbox or for an operator')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what a token says and whether it is valid')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Make a token invalid, permanently')
            break
        }
        'aidf;help;token;issue' {
            break
        }
        'aidf;help;token;inspect' {
            break
        }
        'aidf;help;token;revoke' {
            break
        }
        'aidf;help;key' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the keys of the ring, without their secrets')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Make a new key the one that seals tokens and signs commits')
            [CompletionResult]::new('retire', 'retire', [CompletionResultType]::ParameterValue, 'Reject the tokens of an old key')
            break
        }
        'aidf;help;key;show' {
            break
        }
        'aidf;help;key;rotate' {
            break
        }
        'aidf;help;key;retire' {
            break
        }
        'aidf;help;hook' {
            [CompletionResult]::new('pre-receive', 'pre-receive', [CompletionResultType]::ParameterValue, 'Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them')
            break
        }
        'aidf;help;hook;pre-receive' {
            break
        }
        'aidf;help;demo' {
            break
        }
        'aidf;help;completions' {
            break
        }
        'aidf;help;man' {
            break
        }
        'aidf;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
