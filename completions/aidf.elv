
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand sandbox 'Open, inspect, update and close sandboxes'
            cand commit 'Write files, with their log entries, as one commit on a remote branch'
            cand status 'Show the state of this clone and its sandbox'
            cand log 'Show the commits of a branch'
            cand rollback 'Undo commits by a new commit'
            cand snapshot 'Save the working tree before something risky, and bring it back'
            cand backup 'Make, list, prune, test and restore backups'
            cand propose 'Show a sandbox''s difference and open, or update, its pull request'
            cand land 'Merge a sandbox into a protected branch, on a server without pull requests'
            cand protect 'Make the server enforce the rules for everybody'
            cand policy 'Show the rules in force, and what they say of a path'
            cand agents 'Tell AI agents how to write here'
            cand audit 'Read what was done, and prove that the records of it hold'
            cand token 'Issue, read and revoke tokens'
            cand key 'Show the key ring, give it a new key, retire an old one'
            cand hook 'The hook that git runs on a server (`aidf protect apply` installs it)'
            cand demo 'Show all the main commands at work on a new local remote'
            cand completions 'Print the completion script for a shell'
            cand man 'Write the man pages into a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;sandbox'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand diff 'Show what one sandbox changed since its fork point'
            cand pull 'Merge the sandbox''s newest commit into the working files'
            cand switch 'Check out the sandbox''s branch'
            cand sync 'Merge new commits of the base into the sandbox'
            cand close 'Archive the sandbox, then delete its branch'
            cand prune 'Archive the sandboxes that nobody writes to any more'
            cand restore 'Bring a closed sandbox back from its archive'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;sandbox;init'= {
            cand --reuse-token 'Come back with this token (- reads it from stdin)'
            cand --branch 'The token''s branch (needed if this machine does not have the token''s key)'
            cand --base 'Fork from this branch'
            cand --name 'Call the new sandbox sandbox-NAME'
            cand --worktree 'Add a git worktree for the branch in DIR'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --force-new 'Open a new sandbox, even if there is a token'
            cand --strict 'Fail if the token is rejected, instead of opening a new sandbox'
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
            cand --idle 'List only sandboxes without a write for this many days'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --stat 'Count the changed lines of each file (the default)'
            cand -p 'Print the changed lines'
            cand --patch 'Print the changed lines'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand --from 'Merge from this branch (default: the one that the sandbox was forked from)'
            cand --resolve 'Take the merged content of a path in conflict from its working file, another file or stdin'
            cand --rm 'Resolve a path in conflict by removing it'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --markers 'Write both versions of each conflict into the working files, with git''s markers'
            cand --dry-run 'Do everything except the push'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --dry-run 'Show what would be done'
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
            cand --idle 'Archive the sandboxes without a write for this many days'
            cand --reuse-token 'An operator''s token (- reads it from stdin)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --dry-run 'Show what would be done'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --dry-run 'Show what would be done'
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
            cand diff 'Show what one sandbox changed since its fork point'
            cand pull 'Merge the sandbox''s newest commit into the working files'
            cand switch 'Check out the sandbox''s branch'
            cand sync 'Merge new commits of the base into the sandbox'
            cand close 'Archive the sandbox, then delete its branch'
            cand prune 'Archive the sandboxes that nobody writes to any more'
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
            cand --from-dir 'Commit every file below DIR, at the same path on the branch'
            cand --exclude 'Leave out matching files of folders and of -a, such as ''*.log'' or ''build/**'''
            cand --rm 'Remove a path from the branch'
            cand -m 'The commit message: what was done'
            cand --message 'The commit message: what was done'
            cand --task-id 'The task that the commit belongs to'
            cand --committed-by 'The writer''s name (default: the branch''s name)'
            cand --agent 'The program that wrote the files'
            cand --model 'The model that the program used'
            cand --session-url 'Where the session that wrote it can be read'
            cand --description 'What the files are for (goes into the memory entry)'
            cand --tag 'A search word for the files (goes into the memory entry)'
            cand --branch 'The branch to write to'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand --expect-head 'Fail unless the branch is at this commit'
            cand --base 'The commit that your files are based on, if git cannot tell'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand -a 'Commit every change of the working tree since HEAD'
            cand --all 'Commit every change of the working tree since HEAD'
            cand --overwrite 'Write your version of a file even if others changed it'
            cand --no-changelog 'Write no changelog entries'
            cand --no-memory 'Write no memory entries'
            cand --dry-run 'Do everything except the push'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand -n 'Show at most this many commits'
            cand --task-id 'Show only commits of this task'
            cand --committed-by 'Show only commits that name this writer'
            cand --path 'Show only commits that change this path or something below it'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand --to 'Put the files back to their state at a commit or backup'
            cand --path 'Undo only changes of this path, or below it'
            cand --reason 'The reason (goes into the log)'
            cand --branch 'The branch to write to'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand --committed-by 'The name of whoever undoes it (default: the branch''s name)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --unsigned 'With --task-id: also undo commits that only claim to be of the task'
            cand --dry-run 'Do everything except the push'
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
        &'aidf;snapshot'= {
            cand -m 'What the snapshot is for'
            cand --message 'What the snapshot is for'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand list 'List the snapshots of this working tree, newest first'
            cand show 'Show the files that differ between the working tree and a snapshot'
            cand restore 'Set the working files as a snapshot has them, after a snapshot of what they are now'
            cand prune 'Remove old snapshots of this working tree'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;snapshot;list'= {
            cand -n 'At most this many snapshots'
            cand --number 'At most this many snapshots'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
        &'aidf;snapshot;show'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
        &'aidf;snapshot;restore'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --clean 'Remove the untracked files that the snapshot lacks, but no ignored ones'
            cand --dry-run 'Show what would be done'
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
        &'aidf;snapshot;prune'= {
            cand --keep-last 'Keep the last N snapshots'
            cand --older-than 'Remove the snapshots that are older than D, such as 7d or 36h'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --dry-run 'Show what would be removed'
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
        &'aidf;snapshot;help'= {
            cand list 'List the snapshots of this working tree, newest first'
            cand show 'Show the files that differ between the working tree and a snapshot'
            cand restore 'Set the working files as a snapshot has them, after a snapshot of what they are now'
            cand prune 'Remove old snapshots of this working tree'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;snapshot;help;list'= {
        }
        &'aidf;snapshot;help;show'= {
        }
        &'aidf;snapshot;help;restore'= {
        }
        &'aidf;snapshot;help;prune'= {
        }
        &'aidf;snapshot;help;help'= {
        }
        &'aidf;backup'= {
            cand --branch 'A branch to back up (default: the branches in the config, or the default branch)'
            cand --dest 'Push the backups to this remote too ({repo} stands for the repository''s name)'
            cand --bundle 'Write the backups with their history into a git bundle'
            cand --bundle-dir 'Write bundles into this folder too: first a full one, then incremental ones'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --all 'Back up every repository in the config'
            cand --full 'Make full bundles in folders, not incremental ones'
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
            cand verify 'Check that every object of the backups and bundles is present and intact'
            cand restore 'Restore a backup, as a new branch or onto an existing one'
            cand export 'Write the ledgers of branches as JSON files, or move old entries to the archive'
            cand drill 'Restore the newest backup and bundle into empty repositories, and report'
            cand schedule 'Print crontab lines, systemd timers or a GitHub Actions workflow'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;backup;create'= {
            cand --branch 'A branch to back up (default: the branches in the config, or the default branch)'
            cand --dest 'Push the backups to this remote too ({repo} stands for the repository''s name)'
            cand --bundle 'Write the backups with their history into a git bundle'
            cand --bundle-dir 'Write bundles into this folder too: first a full one, then incremental ones'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --all 'Back up every repository in the config'
            cand --full 'Make full bundles in folders, not incremental ones'
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
            cand --max-age 'Exit with 8 if the newest backup is older than D, such as 36h or 2d'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --all 'Work on every repository in the config'
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
            cand --keep-last 'Keep the last N backups of each branch'
            cand --keep-daily 'Keep the last backup of the day, for the newest N days that have one'
            cand --keep-weekly 'Keep the last backup of the week, for the newest N weeks that have one'
            cand --keep-monthly 'Keep the last backup of the month, for the newest N months that have one'
            cand --keep-within 'Keep all backups made within D before the newest, such as 30d or 1y6m'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --dry-run 'Show what would be removed, and which rule keeps the others'
            cand --trust-unauthenticated 'Treat backups that are not authenticated like the others (for example, backups that are older than manifests)'
            cand --all 'Work on every repository in the config'
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
            cand --bundle 'Check only this bundle, or folder of bundles, without asking a remote'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --all 'Work on every repository in the config'
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
            cand --bundle 'Restore from this bundle, or from the newest bundle in this folder'
            cand --to 'The branch to restore to (default: restore/NAME); an existing branch gets a rollback commit'
            cand --reason 'The reason (goes into the log of an existing branch)'
            cand --reuse-token 'The sandbox''s token (- reads it from stdin)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand --branch 'A branch to export (default: the default branch)'
            cand --out 'The folder to write to (default: the current one)'
            cand --older-than 'With --rotate: the age of an old entry, such as 90d'
            cand --reuse-token 'With --rotate: the branch''s token (- reads it from stdin)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --to-destinations 'Write to every folder in the configured destinations'
            cand --rotate 'Then move old changelog entries to archive/changelog-YYYY-MM.yaml, in one commit'
            cand --dry-run 'With --rotate: show what would move'
            cand --all 'Work on every repository in the config'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --all 'Work on every repository in the config'
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
            cand --job 'A job to schedule (default: create, prune, drill; also export if it has a folder to write to)'
            cand --out 'The folder for the weekly export (default: the folders in the configured destinations)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --cron 'Print crontab lines'
            cand --systemd 'Print a systemd service and timer for each job'
            cand --actions 'Print a GitHub Actions workflow'
            cand --all 'Work on every repository in the config'
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
            cand verify 'Check that every object of the backups and bundles is present and intact'
            cand restore 'Restore a backup, as a new branch or onto an existing one'
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
            cand --to 'The branch to merge into (default: the default branch)'
            cand --provider 'The kind of server at the remote (default: detected from its address)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --dry-run 'Show the difference and the guards'' verdicts, but open no pull request'
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
            cand --to 'The branch to merge into (default: the default branch)'
            cand --reuse-token 'An operator''s token (- reads it from stdin)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --squash 'Make one ordinary commit instead of a merge'
            cand --close 'Close the sandbox afterwards'
            cand --dry-run 'Do everything except the push'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand apply 'Set up the rules (a second run changes nothing)'
            cand check 'Show which rules are enforced; exit with 8 unless all are'
            cand remove 'Remove what apply made, and nothing else'
            cand guide 'Print the steps to set up the rules by hand'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;protect;plan'= {
            cand --provider 'The kind of server at the remote (default: detected from its address)'
            cand --approvals 'How many approvals a proposal needs'
            cand --status-check 'Require this status check to pass'
            cand --bypass 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key file that the hook on your own server reads'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --code-owners 'Require an approval by the code owners'
            cand --signed-commits 'Require signed commits'
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
            cand --provider 'The kind of server at the remote (default: detected from its address)'
            cand --approvals 'How many approvals a proposal needs'
            cand --status-check 'Require this status check to pass'
            cand --bypass 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key file that the hook on your own server reads'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --code-owners 'Require an approval by the code owners'
            cand --signed-commits 'Require signed commits'
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
            cand --provider 'The kind of server at the remote (default: detected from its address)'
            cand --approvals 'How many approvals a proposal needs'
            cand --status-check 'Require this status check to pass'
            cand --bypass 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key file that the hook on your own server reads'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --code-owners 'Require an approval by the code owners'
            cand --signed-commits 'Require signed commits'
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
            cand --provider 'The kind of server at the remote (default: detected from its address)'
            cand --approvals 'How many approvals a proposal needs'
            cand --status-check 'Require this status check to pass'
            cand --bypass 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key file that the hook on your own server reads'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --code-owners 'Require an approval by the code owners'
            cand --signed-commits 'Require signed commits'
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
            cand --provider 'The kind of server at the remote (default: detected from its address)'
            cand --approvals 'How many approvals a proposal needs'
            cand --status-check 'Require this status check to pass'
            cand --bypass 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID'
            cand --key-file 'The key file that the hook on your own server reads'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --code-owners 'Require an approval by the code owners'
            cand --signed-commits 'Require signed commits'
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
            cand apply 'Set up the rules (a second run changes nothing)'
            cand check 'Show which rules are enforced; exit with 8 unless all are'
            cand remove 'Remove what apply made, and nothing else'
            cand guide 'Print the steps to set up the rules by hand'
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
        &'aidf;policy'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand show 'Show every rule in force, and who set it'
            cand check 'Say whether a commit may write these paths'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;policy;show'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
        &'aidf;policy;check'= {
            cand --branch 'The branch (default: the one that a commit would write)'
            cand --pod 'The pod that writes (default: that of the token, or the configured one)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
        &'aidf;policy;help'= {
            cand show 'Show every rule in force, and who set it'
            cand check 'Say whether a commit may write these paths'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;policy;help;show'= {
        }
        &'aidf;policy;help;check'= {
        }
        &'aidf;policy;help;help'= {
        }
        &'aidf;agents'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand install 'Write instructions for AI agents into the files that they read'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;agents;install'= {
            cand --for 'The agent (default: all of them)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --apply 'Write the files (default: only show what would be written)'
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
        &'aidf;agents;help'= {
            cand install 'Write instructions for AI agents into the files that they read'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;agents;help;install'= {
        }
        &'aidf;agents;help;help'= {
        }
        &'aidf;audit'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand log 'Show what was done and refused, from every record at hand'
            cand verify 'Look for commits and records that were forged, altered or taken away'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;audit;log'= {
            cand -n 'At most this many entries'
            cand --number 'At most this many entries'
            cand --since 'Only what is not older than this, such as 7d or 36h'
            cand --branch 'Only what was done to this branch'
            cand --by 'Only what this one did: a token''s id, a pod, a writer or a server''s user'
            cand --task-id 'Only what was done for this task'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
        &'aidf;audit;verify'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
        &'aidf;audit;help'= {
            cand log 'Show what was done and refused, from every record at hand'
            cand verify 'Look for commits and records that were forged, altered or taken away'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;audit;help;log'= {
        }
        &'aidf;audit;help;verify'= {
        }
        &'aidf;audit;help;help'= {
        }
        &'aidf;token'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand issue 'Issue a token for a sandbox or for an operator'
            cand inspect 'Show what a token says and whether it is valid'
            cand revoke 'Make a token invalid, permanently'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;token;issue'= {
            cand --branch 'Issue a token for this sandbox'
            cand --expires 'How long it is valid, such as 30d or 8h (default: 30d for an operator; a sandbox''s token ends when nobody uses it)'
            cand --pod 'Who gets the token'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --operator 'Issue an operator''s token: it writes protected branches, deletes backups, revokes tokens'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand --reuse-token 'An operator''s token, if the server asks for one (default: AIDF_REUSE_TOKEN)'
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand issue 'Issue a token for a sandbox or for an operator'
            cand inspect 'Show what a token says and whether it is valid'
            cand revoke 'Make a token invalid, permanently'
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
        &'aidf;key'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand show 'Show the keys of the ring, without their secrets'
            cand rotate 'Make a new key the one that seals tokens and signs commits'
            cand retire 'Reject the tokens of an old key'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;key;show'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
        &'aidf;key;rotate'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
            cand --prepare 'Only make the new key; the next rotation makes it active, once every machine has it'
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
        &'aidf;key;retire'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
        &'aidf;key;help'= {
            cand show 'Show the keys of the ring, without their secrets'
            cand rotate 'Make a new key the one that seals tokens and signs commits'
            cand retire 'Reject the tokens of an old key'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;key;help;show'= {
        }
        &'aidf;key;help;rotate'= {
        }
        &'aidf;key;help;retire'= {
        }
        &'aidf;key;help;help'= {
        }
        &'aidf;hook'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand pre-receive 'Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;hook;pre-receive'= {
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand pre-receive 'Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;hook;help;pre-receive'= {
        }
        &'aidf;hook;help;help'= {
        }
        &'aidf;demo'= {
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand -C 'Work in the clone that contains DIR'
            cand --dir 'Work in the clone that contains DIR'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand --dir 'The folder to write to (made if it does not exist)'
            cand -R 'Work directly on a remote (URL or path), without a clone'
            cand --repo 'Work directly on a remote (URL or path), without a clone'
            cand --remote 'Use this remote of the clone'
            cand --config 'Read this operator''s config file'
            cand --color 'When to use colour'
            cand --timeout 'Wait at most this many seconds for the network'
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
            cand sandbox 'Open, inspect, update and close sandboxes'
            cand commit 'Write files, with their log entries, as one commit on a remote branch'
            cand status 'Show the state of this clone and its sandbox'
            cand log 'Show the commits of a branch'
            cand rollback 'Undo commits by a new commit'
            cand snapshot 'Save the working tree before something risky, and bring it back'
            cand backup 'Make, list, prune, test and restore backups'
            cand propose 'Show a sandbox''s difference and open, or update, its pull request'
            cand land 'Merge a sandbox into a protected branch, on a server without pull requests'
            cand protect 'Make the server enforce the rules for everybody'
            cand policy 'Show the rules in force, and what they say of a path'
            cand agents 'Tell AI agents how to write here'
            cand audit 'Read what was done, and prove that the records of it hold'
            cand token 'Issue, read and revoke tokens'
            cand key 'Show the key ring, give it a new key, retire an old one'
            cand hook 'The hook that git runs on a server (`aidf protect apply` installs it)'
            cand demo 'Show all the main commands at work on a new local remote'
            cand completions 'Print the completion script for a shell'
            cand man 'Write the man pages into a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'aidf;help;sandbox'= {
            cand init 'Open a sandbox: resume the token''s branch, or fork a new one'
            cand list 'List every sandbox and what it did'
            cand show 'Show one sandbox''s commits and files'
            cand diff 'Show what one sandbox changed since its fork point'
            cand pull 'Merge the sandbox''s newest commit into the working files'
            cand switch 'Check out the sandbox''s branch'
            cand sync 'Merge new commits of the base into the sandbox'
            cand close 'Archive the sandbox, then delete its branch'
            cand prune 'Archive the sandboxes that nobody writes to any more'
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
        &'aidf;help;snapshot'= {
            cand list 'List the snapshots of this working tree, newest first'
            cand show 'Show the files that differ between the working tree and a snapshot'
            cand restore 'Set the working files as a snapshot has them, after a snapshot of what they are now'
            cand prune 'Remove old snapshots of this working tree'
        }
        &'aidf;help;snapshot;list'= {
        }
        &'aidf;help;snapshot;show'= {
        }
        &'aidf;help;snapshot;restore'= {
        }
        &'aidf;help;snapshot;prune'= {
        }
        &'aidf;help;backup'= {
            cand create 'Make today''s backup of each branch (the default)'
            cand list 'List the backups, newest first'
            cand prune 'Remove the backups and bundles that no rule keeps'
            cand verify 'Check that every object of the backups and bundles is present and intact'
            cand restore 'Restore a backup, as a new branch or onto an existing one'
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
            cand apply 'Set up the rules (a second run changes nothing)'
            cand check 'Show which rules are enforced; exit with 8 unless all are'
            cand remove 'Remove what apply made, and nothing else'
            cand guide 'Print the steps to set up the rules by hand'
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
        &'aidf;help;policy'= {
            cand show 'Show every rule in force, and who set it'
            cand check 'Say whether a commit may write these paths'
        }
        &'aidf;help;policy;show'= {
        }
        &'aidf;help;policy;check'= {
        }
        &'aidf;help;agents'= {
            cand install 'Write instructions for AI agents into the files that they read'
        }
        &'aidf;help;agents;install'= {
        }
        &'aidf;help;audit'= {
            cand log 'Show what was done and refused, from every record at hand'
            cand verify 'Look for commits and records that were forged, altered or taken away'
        }
        &'aidf;help;audit;log'= {
        }
        &'aidf;help;audit;verify'= {
        }
        &'aidf;help;token'= {
            cand issue 'Issue a token for a sandbox or for an operator'
            cand inspect 'Show what a token says and whether it is valid'
            cand revoke 'Make a token invalid, permanently'
        }
        &'aidf;help;token;issue'= {
        }
        &'aidf;help;token;inspect'= {
        }
        &'aidf;help;token;revoke'= {
        }
        &'aidf;help;key'= {
            cand show 'Show the keys of the ring, without their secrets'
            cand rotate 'Make a new key the one that seals tokens and signs commits'
            cand retire 'Reject the tokens of an old key'
        }
        &'aidf;help;key;show'= {
        }
        &'aidf;help;key;rotate'= {
        }
        &'aidf;help;key;retire'= {
        }
        &'aidf;help;hook'= {
            cand pre-receive 'Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them'
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
