
use builtin;
use str;

set edit:completion:arg-completer[aidf] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'aidf'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'aidf'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand sandbox 'Open sandboxes, look at them, bring them up to date and close them'
            cand commit 'Write files, with their log entries, as one commit on a remote branch'
            cand status 'Show where this clone and its sandbox stand'
            cand log 'Show the commits of a branch'
            cand rollback 'Undo commits by a new commit'
            cand backup 'Make, list, thin, prove and restore backups'
            cand propose 'Show a sandbox''s difference and open, or update, its pull request'
            cand land 'Merge a sandbox into a protected branch, on a server without pull requests'
            cand protect 'Have the server hold everybody to the rules'
            cand token 'Issue, read and revoke tokens'
            cand hook 'What a server''s git runs; `protect` installs it'
            cand demo 'Play the whole story on a remote of its own making'
            cand completions 'Print the completion script of a shell'
            cand man 'Write the man pages into a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;sandbox'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand init 'Open a sandbox: resume the token''s branch, or fork a new one'
            cand list 'List every sandbox and what it did'
            cand show 'Show one sandbox''s commits and files'
            cand diff 'Show one sandbox''s difference from its fork point'
            cand pull 'Merge the sandbox''s newest commit into the working files'
            cand switch 'Go to the sandbox with the checkout'
            cand sync 'Bring what its base has gained into the sandbox'
            cand close 'Archive the sandbox, then delete its branch'
            cand prune 'Archive the sandboxes that nobody writes any more'
            cand restore 'Bring a closed sandbox back from its archive'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;sandbox;init'= {
            cand --reuse-token 'Come back with this token (- reads it from stdin)'
            cand --branch 'The token''s branch, where this machine lacks the key that opens the token'
            cand --base 'Fork from this branch'
            cand --name 'Ask for the name sandbox-NAME'
            cand --worktree 'Add a git worktree on the branch'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --force-new 'Open a new sandbox whatever token there is'
            cand --strict 'Fail when the token is rejected, instead of opening a new sandbox'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;list'= {
            cand --idle 'Only those without a write for so many days'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;show'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;diff'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --stat 'Count the lines of each file (the default)'
            cand -p 'Print the lines themselves'
            cand --patch 'Print the lines themselves'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;pull'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;switch'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;sync'= {
            cand --from 'Take from this branch (default: the one the sandbox was forked from)'
            cand --resolve 'The merged content of a path in conflict: the working file, another one, or stdin'
            cand --rm 'Remove a path in conflict'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --markers 'Put both versions of what conflicts into the working files, with git''s markers'
            cand --dry-run 'Do all but push'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;close'= {
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --dry-run 'Say what would be done'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;prune'= {
            cand --idle 'Those without a write for so many days'
            cand --reuse-token 'An operator''s token (- reads it from stdin)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --dry-run 'Say what would be done'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;restore'= {
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --dry-run 'Say what would be done'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;sandbox;help'= {
            cand init 'Open a sandbox: resume the token''s branch, or fork a new one'
            cand list 'List every sandbox and what it did'
            cand show 'Show one sandbox''s commits and files'
            cand diff 'Show one sandbox''s difference from its fork point'
            cand pull 'Merge the sandbox''s newest commit into the working files'
            cand switch 'Go to the sandbox with the checkout'
            cand sync 'Bring what its base has gained into the sandbox'
            cand close 'Archive the sandbox, then delete its branch'
            cand prune 'Archive the sandboxes that nobody writes any more'
            cand restore 'Bring a closed sandbox back from its archive'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;sandbox;help;init'= {
        }
        &'aidf;sandbox;help;list'= {
        }
        &'aidf;sandbox;help;show'= {
        }
        &'aidf;sandbox;help;diff'= {
        }
        &'aidf;sandbox;help;pull'= {
        }
        &'aidf;sandbox;help;switch'= {
        }
        &'aidf;sandbox;help;sync'= {
        }
        &'aidf;sandbox;help;close'= {
        }
        &'aidf;sandbox;help;prune'= {
        }
        &'aidf;sandbox;help;restore'= {
        }
        &'aidf;sandbox;help;help'= {
        }
        &'aidf;commit'= {
            cand --from-dir 'Take every file below DIR into the same path of the tree'
            cand --exclude 'Leave these out of folders and of -a, such as ''*.log'' or ''build/**'''
            cand --rm 'Remove a path'
            cand -m 'What was done'
            cand --message 'What was done'
            cand --task-id 'The task it belongs to'
            cand --committed-by 'Who is to be said to have written it (default: the branch''s name)'
            cand --agent 'The program that wrote it'
            cand --description 'What the files are for, for the memory entry'
            cand --tag 'A word to find the files by, for the memory entry'
            cand --branch 'The branch to write'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand --expect-head 'Fail unless the branch is at this commit'
            cand --base 'The commit that the files were taken from, where git cannot tell'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand -a 'Take every change of the working tree against its HEAD'
            cand --all 'Take every change of the working tree against its HEAD'
            cand --overwrite 'Take ours where others changed the same file'
            cand --no-changelog 'Write no changelog entries'
            cand --no-memory 'Write no memory entries'
            cand --dry-run 'Do all but push'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;status'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;log'= {
            cand -n 'At most this many commits'
            cand --task-id 'Only commits of this task'
            cand --committed-by 'Only commits that say they are by this writer'
            cand --path 'Only commits that touch this path or something below it'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;rollback'= {
            cand --last 'Undo the last N commits that were written to this branch'
            cand --task-id 'Undo every commit of a task that is signed and was written to this branch'
            cand --to 'Make the files what they were at a commit or backup'
            cand --path 'Only this path, or what lies below it'
            cand --reason 'Why, for the log'
            cand --branch 'The branch to write'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand --committed-by 'Who is to be said to undo it (default: the branch''s name)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --unsigned 'With --task-id: commits too that only say they are of the task'
            cand --dry-run 'Do all but push'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;backup'= {
            cand --branch 'A branch to back up (default: those of the config, or the default branch)'
            cand --dest 'Push the backups to this remote as well ({repo} stands for the repository''s name)'
            cand --bundle 'Write them with their history into a git bundle'
            cand --bundle-dir 'Keep a folder of bundles as well: a full one, then incremental ones'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --all 'Back up every repository of the config'
            cand --full 'Make the bundles in folders full ones'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand create 'Make today''s backup of each branch (the default)'
            cand list 'List the backups, newest first'
            cand prune 'Remove the backups and bundles that no rule keeps'
            cand verify 'Check that every object of the backups and bundles is there and intact'
            cand restore 'Bring a backup back, as a new branch or onto an existing one'
            cand export 'Write the ledgers of branches as JSON files, or move old entries to the archive'
            cand drill 'Restore the newest backup and bundle into empty repositories, and report'
            cand schedule 'Print crontab lines, systemd timers or a GitHub Actions workflow'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;backup;create'= {
            cand --branch 'A branch to back up (default: those of the config, or the default branch)'
            cand --dest 'Push the backups to this remote as well ({repo} stands for the repository''s name)'
            cand --bundle 'Write them with their history into a git bundle'
            cand --bundle-dir 'Keep a folder of bundles as well: a full one, then incremental ones'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --all 'Back up every repository of the config'
            cand --full 'Make the bundles in folders full ones'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;backup;list'= {
            cand --max-age 'Fail (8) when the newest is older than D, such as 36h or 2d'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --all 'Every repository of the config'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;backup;prune'= {
            cand --keep-last 'Keep the last N of each branch'
            cand --keep-daily 'Keep the last of each of N days that have one'
            cand --keep-weekly 'Keep the last of each of N weeks that have one'
            cand --keep-monthly 'Keep the last of each of N months that have one'
            cand --keep-within 'Keep all within D of the newest, such as 30d or 1y6m'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --dry-run 'Show what would go and what keeps the others'
            cand --trust-unauthenticated 'Judge backups that are not authenticated like the others, such as those that are older than manifests'
            cand --all 'Every repository of the config'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;backup;verify'= {
            cand --bundle 'Only this bundle, or folder of bundles; no remote is asked'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --all 'Every repository of the config'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;backup;restore'= {
            cand --bundle 'Bring it back from this bundle, or from the newest of a folder'
            cand --to 'The branch (default: restore/NAME); onto an existing one a rollback commit is written'
            cand --reason 'Why, for the log of an existing branch'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;backup;export'= {
            cand --branch 'A branch (default: the default branch)'
            cand --out 'The folder (default: the current one)'
            cand --older-than 'What is old, for --rotate, such as 90d'
            cand --reuse-token 'With --rotate: the branch''s token (- reads it from stdin)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --to-destinations 'To every folder among the configured destinations'
            cand --rotate 'Afterwards move old changelog entries to archive/changelog-YYYY-MM.yaml, in one commit'
            cand --dry-run 'With --rotate: show what would move'
            cand --all 'Every repository of the config'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;backup;drill'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --all 'Every repository of the config'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;backup;schedule'= {
            cand --job 'A job (default: create, prune, drill, and export where it has a place to go)'
            cand --out 'Where the weekly export goes (default: the folders among the configured destinations)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --cron 'Crontab lines'
            cand --systemd 'A systemd service and timer for each job'
            cand --actions 'A GitHub Actions workflow'
            cand --all 'Every repository of the config'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;backup;help'= {
            cand create 'Make today''s backup of each branch (the default)'
            cand list 'List the backups, newest first'
            cand prune 'Remove the backups and bundles that no rule keeps'
            cand verify 'Check that every object of the backups and bundles is there and intact'
            cand restore 'Bring a backup back, as a new branch or onto an existing one'
            cand export 'Write the ledgers of branches as JSON files, or move old entries to the archive'
            cand drill 'Restore the newest backup and bundle into empty repositories, and report'
            cand schedule 'Print crontab lines, systemd timers or a GitHub Actions workflow'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;backup;help;create'= {
        }
        &'aidf;backup;help;list'= {
        }
        &'aidf;backup;help;prune'= {
        }
        &'aidf;backup;help;verify'= {
        }
        &'aidf;backup;help;restore'= {
        }
        &'aidf;backup;help;export'= {
        }
        &'aidf;backup;help;drill'= {
        }
        &'aidf;backup;help;schedule'= {
        }
        &'aidf;backup;help;help'= {
        }
        &'aidf;propose'= {
            cand --to 'The branch it is for (default: the default branch)'
            cand --provider 'What runs at the remote (default: found from its address)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --dry-run 'Show the difference and the guards'' verdicts, and open nothing'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;land'= {
            cand --to 'The branch it goes to (default: the default branch)'
            cand --reuse-token 'An operator''s token (- reads it from stdin)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --squash 'Make one ordinary commit in place of a merge'
            cand --close 'Close the sandbox afterwards'
            cand --dry-run 'Do all but push'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;protect'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand plan 'Show what apply would change'
            cand apply 'Bring the rules about; a second time nothing changes'
            cand check 'Tell which rules hold; fail (8) unless all are enforced'
            cand remove 'Take away what apply made, and only that'
            cand guide 'Print the steps for doing it by hand'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;protect;plan'= {
            cand --provider 'What runs at the remote (default: found from its address)'
            cand --approvals 'Approvals that a proposal takes'
            cand --status-check 'Ask for a check to pass'
            cand --bypass 'Leave out: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key that the hook of a server of one''s own reads'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --code-owners 'Ask for the approval of the code''s owners'
            cand --signed-commits 'Ask for signed commits'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;protect;apply'= {
            cand --provider 'What runs at the remote (default: found from its address)'
            cand --approvals 'Approvals that a proposal takes'
            cand --status-check 'Ask for a check to pass'
            cand --bypass 'Leave out: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key that the hook of a server of one''s own reads'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --code-owners 'Ask for the approval of the code''s owners'
            cand --signed-commits 'Ask for signed commits'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;protect;check'= {
            cand --provider 'What runs at the remote (default: found from its address)'
            cand --approvals 'Approvals that a proposal takes'
            cand --status-check 'Ask for a check to pass'
            cand --bypass 'Leave out: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key that the hook of a server of one''s own reads'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --code-owners 'Ask for the approval of the code''s owners'
            cand --signed-commits 'Ask for signed commits'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;protect;remove'= {
            cand --provider 'What runs at the remote (default: found from its address)'
            cand --approvals 'Approvals that a proposal takes'
            cand --status-check 'Ask for a check to pass'
            cand --bypass 'Leave out: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key that the hook of a server of one''s own reads'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --code-owners 'Ask for the approval of the code''s owners'
            cand --signed-commits 'Ask for signed commits'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;protect;guide'= {
            cand --provider 'What runs at the remote (default: found from its address)'
            cand --approvals 'Approvals that a proposal takes'
            cand --status-check 'Ask for a check to pass'
            cand --bypass 'Leave out: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key that the hook of a server of one''s own reads'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --code-owners 'Ask for the approval of the code''s owners'
            cand --signed-commits 'Ask for signed commits'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;protect;help'= {
            cand plan 'Show what apply would change'
            cand apply 'Bring the rules about; a second time nothing changes'
            cand check 'Tell which rules hold; fail (8) unless all are enforced'
            cand remove 'Take away what apply made, and only that'
            cand guide 'Print the steps for doing it by hand'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;protect;help;plan'= {
        }
        &'aidf;protect;help;apply'= {
        }
        &'aidf;protect;help;check'= {
        }
        &'aidf;protect;help;remove'= {
        }
        &'aidf;protect;help;guide'= {
        }
        &'aidf;protect;help;help'= {
        }
        &'aidf;token'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand issue 'Make a token for a sandbox, or an operator''s'
            cand inspect 'Show what a token holds and whether it is good'
            cand revoke 'Make a token good for nothing, for good'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;token;issue'= {
            cand --branch 'For this sandbox'
            cand --expires 'When it ends, such as 30d or 8h (default: 30d for an operator, with disuse for a sandbox)'
            cand --pod 'Whom it is given to'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --operator 'For an operator: writes protected branches, deletes backups, revokes tokens'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;token;inspect'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;token;revoke'= {
            cand --reuse-token 'An operator''s token, where the server asks for one (default: AIDF_REUSE_TOKEN)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;token;help'= {
            cand issue 'Make a token for a sandbox, or an operator''s'
            cand inspect 'Show what a token holds and whether it is good'
            cand revoke 'Make a token good for nothing, for good'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;token;help;issue'= {
        }
        &'aidf;token;help;inspect'= {
        }
        &'aidf;token;help;revoke'= {
        }
        &'aidf;token;help;help'= {
        }
        &'aidf;hook'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand pre-receive 'Decide on a push: reads `old new ref` lines, as git gives them'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;hook;pre-receive'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;hook;help'= {
            cand pre-receive 'Decide on a push: reads `old new ref` lines, as git gives them'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;hook;help;pre-receive'= {
        }
        &'aidf;hook;help;help'= {
        }
        &'aidf;demo'= {
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;completions'= {
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;man'= {
            cand --dir 'The folder, made where it is not there'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
            cand --json 'Print one JSON object on stdout'
            cand -q 'Print errors only'
            cand --quiet 'Print errors only'
            cand -v 'Print each step with its time on stderr'
            cand --verbose 'Print each step with its time on stderr'
            cand --no-input 'Never prompt'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'aidf;help'= {
            cand sandbox 'Open sandboxes, look at them, bring them up to date and close them'
            cand commit 'Write files, with their log entries, as one commit on a remote branch'
            cand status 'Show where this clone and its sandbox stand'
            cand log 'Show the commits of a branch'
            cand rollback 'Undo commits by a new commit'
            cand backup 'Make, list, thin, prove and restore backups'
            cand propose 'Show a sandbox''s difference and open, or update, its pull request'
            cand land 'Merge a sandbox into a protected branch, on a server without pull requests'
            cand protect 'Have the server hold everybody to the rules'
            cand token 'Issue, read and revoke tokens'
            cand hook 'What a server''s git runs; `protect` installs it'
            cand demo 'Play the whole story on a remote of its own making'
            cand completions 'Print the completion script of a shell'
            cand man 'Write the man pages into a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;help;sandbox'= {
            cand init 'Open a sandbox: resume the token''s branch, or fork a new one'
            cand list 'List every sandbox and what it did'
            cand show 'Show one sandbox''s commits and files'
            cand diff 'Show one sandbox''s difference from its fork point'
            cand pull 'Merge the sandbox''s newest commit into the working files'
            cand switch 'Go to the sandbox with the checkout'
            cand sync 'Bring what its base has gained into the sandbox'
            cand close 'Archive the sandbox, then delete its branch'
            cand prune 'Archive the sandboxes that nobody writes any more'
            cand restore 'Bring a closed sandbox back from its archive'
        }
        &'aidf;help;sandbox;init'= {
        }
        &'aidf;help;sandbox;list'= {
        }
        &'aidf;help;sandbox;show'= {
        }
        &'aidf;help;sandbox;diff'= {
        }
        &'aidf;help;sandbox;pull'= {
        }
        &'aidf;help;sandbox;switch'= {
        }
        &'aidf;help;sandbox;sync'= {
        }
        &'aidf;help;sandbox;close'= {
        }
        &'aidf;help;sandbox;prune'= {
        }
        &'aidf;help;sandbox;restore'= {
        }
        &'aidf;help;commit'= {
        }
        &'aidf;help;status'= {
        }
        &'aidf;help;log'= {
        }
        &'aidf;help;rollback'= {
        }
        &'aidf;help;backup'= {
            cand create 'Make today''s backup of each branch (the default)'
            cand list 'List the backups, newest first'
            cand prune 'Remove the backups and bundles that no rule keeps'
            cand verify 'Check that every object of the backups and bundles is there and intact'
            cand restore 'Bring a backup back, as a new branch or onto an existing one'
            cand export 'Write the ledgers of branches as JSON files, or move old entries to the archive'
            cand drill 'Restore the newest backup and bundle into empty repositories, and report'
            cand schedule 'Print crontab lines, systemd timers or a GitHub Actions workflow'
        }
        &'aidf;help;backup;create'= {
        }
        &'aidf;help;backup;list'= {
        }
        &'aidf;help;backup;prune'= {
        }
        &'aidf;help;backup;verify'= {
        }
        &'aidf;help;backup;restore'= {
        }
        &'aidf;help;backup;export'= {
        }
        &'aidf;help;backup;drill'= {
        }
        &'aidf;help;backup;schedule'= {
        }
        &'aidf;help;propose'= {
        }
        &'aidf;help;land'= {
        }
        &'aidf;help;protect'= {
            cand plan 'Show what apply would change'
            cand apply 'Bring the rules about; a second time nothing changes'
            cand check 'Tell which rules hold; fail (8) unless all are enforced'
            cand remove 'Take away what apply made, and only that'
            cand guide 'Print the steps for doing it by hand'
        }
        &'aidf;help;protect;plan'= {
        }
        &'aidf;help;protect;apply'= {
        }
        &'aidf;help;protect;check'= {
        }
        &'aidf;help;protect;remove'= {
        }
        &'aidf;help;protect;guide'= {
        }
        &'aidf;help;token'= {
            cand issue 'Make a token for a sandbox, or an operator''s'
            cand inspect 'Show what a token holds and whether it is good'
            cand revoke 'Make a token good for nothing, for good'
        }
        &'aidf;help;token;issue'= {
        }
        &'aidf;help;token;inspect'= {
        }
        &'aidf;help;token;revoke'= {
        }
        &'aidf;help;hook'= {
            cand pre-receive 'Decide on a push: reads `old new ref` lines, as git gives them'
        }
        &'aidf;help;hook;pre-receive'= {
        }
        &'aidf;help;demo'= {
        }
        &'aidf;help;completions'= {
        }
        &'aidf;help;man'= {
        }
        &'aidf;help;help'= {
        }
    ]
    $completions[$command]
}
