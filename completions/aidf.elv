
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
            cand sandbox 'Open, list and look at sandboxes'
            cand commit 'Write files, with their log entries, as one commit on a remote branch'
            cand log 'Show the commits of a branch'
            cand rollback 'Undo commits by a new commit'
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
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;sandbox;init'= {
            cand --reuse-token 'Come back with this token (- reads it from stdin)'
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
        &'aidf;sandbox;help'= {
            cand init 'Open a sandbox: resume the token''s branch, or fork a new one'
            cand list 'List every sandbox and what it did'
            cand show 'Show one sandbox''s commits and files'
            cand diff 'Show one sandbox''s difference from its fork point'
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
        &'aidf;sandbox;help;help'= {
        }
        &'aidf;commit'= {
            cand --from-dir 'Take every file below DIR into the same path of the tree'
            cand --rm 'Remove a path'
            cand -m 'What was done'
            cand --message 'What was done'
            cand --task-id 'The task it belongs to'
            cand --committed-by 'Who wrote it (default: the branch''s name)'
            cand --agent 'The program that wrote it'
            cand --description 'What the files are for, for the memory entry'
            cand --tag 'A word to find the files by, for the memory entry'
            cand --branch 'The branch to write'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand --expect-head 'Fail unless the branch is at this commit'
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
        &'aidf;log'= {
            cand -n 'At most this many commits'
            cand --task-id 'Only commits of this task'
            cand --committed-by 'Only commits by this writer'
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
            cand --last 'Undo the last N commits'
            cand --task-id 'Undo every commit of a task'
            cand --to 'Make the files what they were at a commit or backup'
            cand --path 'Only this path, or what lies below it'
            cand --reason 'Why, for the log'
            cand --branch 'The branch to write'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand --committed-by 'Who undoes it (default: the branch''s name)'
            cand -C 'Work in the clone that holds DIR'
            cand --dir 'Work in the clone that holds DIR'
            cand -R 'Work straight against a remote (URL or path), with no clone'
            cand --repo 'Work straight against a remote (URL or path), with no clone'
            cand --remote 'Which remote of the clone'
            cand --config 'Operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Bound on any network wait, in seconds'
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
            cand sandbox 'Open, list and look at sandboxes'
            cand commit 'Write files, with their log entries, as one commit on a remote branch'
            cand log 'Show the commits of a branch'
            cand rollback 'Undo commits by a new commit'
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
        }
        &'aidf;help;sandbox;init'= {
        }
        &'aidf;help;sandbox;list'= {
        }
        &'aidf;help;sandbox;show'= {
        }
        &'aidf;help;sandbox;diff'= {
        }
        &'aidf;help;commit'= {
        }
        &'aidf;help;log'= {
        }
        &'aidf;help;rollback'= {
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
