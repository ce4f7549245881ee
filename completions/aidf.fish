# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_aidf_global_optspecs
    string join \n C/dir= R/repo= remote= config= json q/quiet v/verbose color= no-input y/yes timeout= h/help V/version
end

function __fish_aidf_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_aidf_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_aidf_using_subcommand
    set -l cmd (__fish_aidf_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c aidf -n "__fish_aidf_needs_command" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_needs_command" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_needs_command" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_needs_command" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_needs_command" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_needs_command" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_needs_command" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_needs_command" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_needs_command" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_needs_command" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_needs_command" -s V -l version -d 'Print version'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "sandbox" -d 'Open, inspect, update and close sandboxes'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "commit" -d 'Write files, with their log entries, as one commit on a remote branch'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "status" -d 'Show the state of this clone and its sandbox'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "log" -d 'Show the commits of a branch'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "rollback" -d 'Undo commits by a new commit'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "snapshot" -d 'Save the working tree before something risky, and bring it back'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "backup" -d 'Make, list, prune, test and restore backups'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "propose" -d 'Show a sandbox\'s difference and open, or update, its pull request'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "land" -d 'Merge a sandbox into a protected branch, on a server without pull requests'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "protect" -d 'Make the server enforce the rules for everybody'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "policy" -d 'Show the rules in force, and what they say of a path'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "agents" -d 'Tell AI agents how to write here'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "audit" -d 'Read what was done, and prove that the records of it hold'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "token" -d 'Issue, read and revoke tokens'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "key" -d 'Show the key ring, give it a new key, retire an old one'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "hook" -d 'The hook that git runs on a server (`aidf protect apply` installs it)'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "demo" -d 'Show all the main commands at work on a new local remote'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "man" -d 'Write the man pages into a folder'
complete -c aidf -n "__fish_aidf_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "init" -d 'Open a sandbox: resume the token\'s branch, or fork a new one'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "list" -d 'List every sandbox and what it did'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "show" -d 'Show one sandbox\'s commits and files'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "diff" -d 'Show what one sandbox changed since its fork point'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "pull" -d 'Merge the sandbox\'s newest commit into the working files'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "switch" -d 'Check out the sandbox\'s branch'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "sync" -d 'Merge new commits of the base into the sandbox'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "close" -d 'Archive the sandbox, then delete its branch'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "prune" -d 'Archive the sandboxes that nobody writes to any more'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "restore" -d 'Bring a closed sandbox back from its archive'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and not __fish_seen_subcommand_from init list show diff pull switch sync close prune restore help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l reuse-token -d 'Come back with this token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l branch -d 'The token\'s branch (needed if this machine does not have the token\'s key)' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l base -d 'Fork from this branch' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l name -d 'Call the new sandbox sandbox-NAME' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l worktree -d 'Add a git worktree for the branch in DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l force-new -d 'Open a new sandbox, even if there is a token'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l strict -d 'Fail if the token is rejected, instead of opening a new sandbox'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -l idle -d 'List only sandboxes without a write for this many days' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -l stat -d 'Count the changed lines of each file (the default)'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -s p -l patch -d 'Print the changed lines'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from switch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l from -d 'Merge from this branch (default: the one that the sandbox was forked from)' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l resolve -d 'Take the merged content of a path in conflict from its working file, another file or stdin' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l rm -d 'Resolve a path in conflict by removing it' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l reuse-token -d 'The sandbox\'s token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l markers -d 'Write both versions of each conflict into the working files, with git\'s markers'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l dry-run -d 'Do everything except the push'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -l reuse-token -d 'The sandbox\'s token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -l dry-run -d 'Show what would be done'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from close" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -l idle -d 'Archive the sandboxes without a write for this many days' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -l reuse-token -d 'An operator\'s token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -l dry-run -d 'Show what would be done'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -l reuse-token -d 'The sandbox\'s token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -l dry-run -d 'Show what would be done'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "init" -d 'Open a sandbox: resume the token\'s branch, or fork a new one'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "list" -d 'List every sandbox and what it did'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one sandbox\'s commits and files'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Show what one sandbox changed since its fork point'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "pull" -d 'Merge the sandbox\'s newest commit into the working files'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "switch" -d 'Check out the sandbox\'s branch'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "sync" -d 'Merge new commits of the base into the sandbox'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "close" -d 'Archive the sandbox, then delete its branch'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Archive the sandboxes that nobody writes to any more'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Bring a closed sandbox back from its archive'
complete -c aidf -n "__fish_aidf_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l from-dir -d 'Commit every file below DIR, at the same path on the branch' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l exclude -d 'Leave out matching files of folders and of -a, such as \'*.log\' or \'build/**\'' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l rm -d 'Remove a path from the branch' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -s m -l message -d 'The commit message: what was done' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l task-id -d 'The task that the commit belongs to' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l committed-by -d 'The writer\'s name (default: the branch\'s name)' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l agent -d 'The program that wrote the files' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l model -d 'The model that the program used' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l session-url -d 'Where the session that wrote it can be read' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l description -d 'What the files are for (goes into the memory entry)' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l tag -d 'A search word for the files (goes into the memory entry)' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l branch -d 'The branch to write to' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l reuse-token -d 'The sandbox\'s token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l expect-head -d 'Fail unless the branch is at this commit' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l base -d 'The commit that your files are based on, if git cannot tell' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand commit" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand commit" -s a -l all -d 'Commit every change of the working tree since HEAD'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l overwrite -d 'Write your version of a file even if others changed it'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l no-changelog -d 'Write no changelog entries'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l no-memory -d 'Write no memory entries'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l dry-run -d 'Do everything except the push'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand commit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand status" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand status" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand status" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand status" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand status" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand status" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand status" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand status" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand status" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand status" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand status" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand log" -s n -d 'Show at most this many commits' -r
complete -c aidf -n "__fish_aidf_using_subcommand log" -l task-id -d 'Show only commits of this task' -r
complete -c aidf -n "__fish_aidf_using_subcommand log" -l committed-by -d 'Show only commits that name this writer' -r
complete -c aidf -n "__fish_aidf_using_subcommand log" -l path -d 'Show only commits that change this path or something below it' -r
complete -c aidf -n "__fish_aidf_using_subcommand log" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand log" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand log" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand log" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand log" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand log" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand log" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand log" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand log" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand log" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand log" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l last -d 'Undo the last N commits that were written to this branch' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l task-id -d 'Undo every commit of a task that is signed and was written to this branch' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l to -d 'Put the files back to their state at a commit or backup' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l path -d 'Undo only changes of this path, or below it' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l reason -d 'The reason (goes into the log)' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l branch -d 'The branch to write to' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l reuse-token -d 'The sandbox\'s token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l committed-by -d 'The name of whoever undoes it (default: the branch\'s name)' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l unsigned -d 'With --task-id: also undo commits that only claim to be of the task'
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l dry-run -d 'Do everything except the push'
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -s m -l message -d 'What the snapshot is for' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -f -a "list" -d 'List the snapshots of this working tree, newest first'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -f -a "show" -d 'Show the files that differ between the working tree and a snapshot'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -f -a "restore" -d 'Set the working files as a snapshot has them, after a snapshot of what they are now'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -f -a "prune" -d 'Remove old snapshots of this working tree'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and not __fish_seen_subcommand_from list show restore prune help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s n -l number -d 'At most this many snapshots' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l clean -d 'Remove the untracked files that the snapshot lacks, but no ignored ones'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l dry-run -d 'Show what would be done'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l keep-last -d 'Keep the last N snapshots' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l older-than -d 'Remove the snapshots that are older than D, such as 7d or 36h' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l dry-run -d 'Show what would be removed'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the snapshots of this working tree, newest first'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the files that differ between the working tree and a snapshot'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Set the working files as a snapshot has them, after a snapshot of what they are now'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove old snapshots of this working tree'
complete -c aidf -n "__fish_aidf_using_subcommand snapshot; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l branch -d 'A branch to back up (default: the branches in the config, or the default branch)' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l dest -d 'Push the backups to this remote too ({repo} stands for the repository\'s name)' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l bundle -d 'Write the backups with their history into a git bundle' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l bundle-dir -d 'Write bundles into this folder too: first a full one, then incremental ones' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l all -d 'Back up every repository in the config'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l full -d 'Make full bundles in folders, not incremental ones'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -f -a "create" -d 'Make today\'s backup of each branch (the default)'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -f -a "list" -d 'List the backups, newest first'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -f -a "prune" -d 'Remove the backups and bundles that no rule keeps'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -f -a "verify" -d 'Check that every object of the backups and bundles is present and intact'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -f -a "restore" -d 'Restore a backup, as a new branch or onto an existing one'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -f -a "export" -d 'Write the ledgers of branches as JSON files, or move old entries to the archive'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -f -a "drill" -d 'Restore the newest backup and bundle into empty repositories, and report'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -f -a "schedule" -d 'Print crontab lines, systemd timers or a GitHub Actions workflow'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and not __fish_seen_subcommand_from create list prune verify restore export drill schedule help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l branch -d 'A branch to back up (default: the branches in the config, or the default branch)' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l dest -d 'Push the backups to this remote too ({repo} stands for the repository\'s name)' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l bundle -d 'Write the backups with their history into a git bundle' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l bundle-dir -d 'Write bundles into this folder too: first a full one, then incremental ones' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l all -d 'Back up every repository in the config'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l full -d 'Make full bundles in folders, not incremental ones'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -l max-age -d 'Exit with 8 if the newest backup is older than D, such as 36h or 2d' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -l all -d 'Work on every repository in the config'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l keep-last -d 'Keep the last N backups of each branch' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l keep-daily -d 'Keep the last backup of the day, for the newest N days that have one' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l keep-weekly -d 'Keep the last backup of the week, for the newest N weeks that have one' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l keep-monthly -d 'Keep the last backup of the month, for the newest N months that have one' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l keep-within -d 'Keep all backups made within D before the newest, such as 30d or 1y6m' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l dry-run -d 'Show what would be removed, and which rule keeps the others'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l trust-unauthenticated -d 'Treat backups that are not authenticated like the others (for example, backups that are older than manifests)'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l all -d 'Work on every repository in the config'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -l bundle -d 'Check only this bundle, or folder of bundles, without asking a remote' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -l all -d 'Work on every repository in the config'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l bundle -d 'Restore from this bundle, or from the newest bundle in this folder' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l to -d 'The branch to restore to (default: restore/NAME); an existing branch gets a rollback commit' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l reason -d 'The reason (goes into the log of an existing branch)' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l reuse-token -d 'The sandbox\'s token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l branch -d 'A branch to export (default: the default branch)' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l out -d 'The folder to write to (default: the current one)' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l older-than -d 'With --rotate: the age of an old entry, such as 90d' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l reuse-token -d 'With --rotate: the branch\'s token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l to-destinations -d 'Write to every folder in the configured destinations'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l rotate -d 'Then move old changelog entries to archive/changelog-YYYY-MM.yaml, in one commit'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l dry-run -d 'With --rotate: show what would move'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l all -d 'Work on every repository in the config'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -l all -d 'Work on every repository in the config'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from drill" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l job -d 'A job to schedule (default: create, prune, drill; also export if it has a folder to write to)' -r -f -a "create\t'Every night: back up'
prune\t'Every night, after the backup: remove what no rule keeps'
watch\t'Every morning: fail if the newest backup is older than 36 hours'
drill\t'Every week: restore into an empty repository'
verify\t'Every week: check every backup and bundle'
export\t'Every week: write the ledgers as JSON'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l out -d 'The folder for the weekly export (default: the folders in the configured destinations)' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l cron -d 'Print crontab lines'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l systemd -d 'Print a systemd service and timer for each job'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l actions -d 'Print a GitHub Actions workflow'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l all -d 'Work on every repository in the config'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make today\'s backup of each branch (the default)'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the backups, newest first'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove the backups and bundles that no rule keeps'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check that every object of the backups and bundles is present and intact'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Restore a backup, as a new branch or onto an existing one'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write the ledgers of branches as JSON files, or move old entries to the archive'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "drill" -d 'Restore the newest backup and bundle into empty repositories, and report'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "schedule" -d 'Print crontab lines, systemd timers or a GitHub Actions workflow'
complete -c aidf -n "__fish_aidf_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand propose" -l to -d 'The branch to merge into (default: the default branch)' -r
complete -c aidf -n "__fish_aidf_using_subcommand propose" -l provider -d 'The kind of server at the remote (default: detected from its address)' -r -f -a "github\t''
gitlab\t''
gitea\t''
forgejo\t''
bare\t''"
complete -c aidf -n "__fish_aidf_using_subcommand propose" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand propose" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand propose" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand propose" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand propose" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand propose" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand propose" -l dry-run -d 'Show the difference and the guards\' verdicts, but open no pull request'
complete -c aidf -n "__fish_aidf_using_subcommand propose" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand propose" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand propose" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand propose" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand propose" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand propose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand land" -l to -d 'The branch to merge into (default: the default branch)' -r
complete -c aidf -n "__fish_aidf_using_subcommand land" -l reuse-token -d 'An operator\'s token (- reads it from stdin)' -r
complete -c aidf -n "__fish_aidf_using_subcommand land" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand land" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand land" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand land" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand land" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand land" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand land" -l squash -d 'Make one ordinary commit instead of a merge'
complete -c aidf -n "__fish_aidf_using_subcommand land" -l close -d 'Close the sandbox afterwards'
complete -c aidf -n "__fish_aidf_using_subcommand land" -l dry-run -d 'Do everything except the push'
complete -c aidf -n "__fish_aidf_using_subcommand land" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand land" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand land" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand land" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand land" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand land" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -f -a "plan" -d 'Show what apply would change'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -f -a "apply" -d 'Set up the rules (a second run changes nothing)'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -f -a "check" -d 'Show which rules are enforced; exit with 8 unless all are'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -f -a "remove" -d 'Remove what apply made, and nothing else'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -f -a "guide" -d 'Print the steps to set up the rules by hand'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and not __fish_seen_subcommand_from plan apply check remove guide help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l provider -d 'The kind of server at the remote (default: detected from its address)' -r -f -a "github\t''
gitlab\t''
gitea\t''
forgejo\t''
bare\t''"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l approvals -d 'How many approvals a proposal needs' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l status-check -d 'Require this status check to pass' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l bypass -d 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l key-file -d 'The key file that the hook on your own server reads' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l code-owners -d 'Require an approval by the code owners'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l signed-commits -d 'Require signed commits'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l provider -d 'The kind of server at the remote (default: detected from its address)' -r -f -a "github\t''
gitlab\t''
gitea\t''
forgejo\t''
bare\t''"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l approvals -d 'How many approvals a proposal needs' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l status-check -d 'Require this status check to pass' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l bypass -d 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l key-file -d 'The key file that the hook on your own server reads' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l code-owners -d 'Require an approval by the code owners'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l signed-commits -d 'Require signed commits'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l provider -d 'The kind of server at the remote (default: detected from its address)' -r -f -a "github\t''
gitlab\t''
gitea\t''
forgejo\t''
bare\t''"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l approvals -d 'How many approvals a proposal needs' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l status-check -d 'Require this status check to pass' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l bypass -d 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l key-file -d 'The key file that the hook on your own server reads' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l code-owners -d 'Require an approval by the code owners'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l signed-commits -d 'Require signed commits'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l provider -d 'The kind of server at the remote (default: detected from its address)' -r -f -a "github\t''
gitlab\t''
gitea\t''
forgejo\t''
bare\t''"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l approvals -d 'How many approvals a proposal needs' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l status-check -d 'Require this status check to pass' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l bypass -d 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l key-file -d 'The key file that the hook on your own server reads' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l code-owners -d 'Require an approval by the code owners'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l signed-commits -d 'Require signed commits'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l provider -d 'The kind of server at the remote (default: detected from its address)' -r -f -a "github\t''
gitlab\t''
gitea\t''
forgejo\t''
bare\t''"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l approvals -d 'How many approvals a proposal needs' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l status-check -d 'Require this status check to pass' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l bypass -d 'Who may bypass the rules: admins, team:SLUG, user:NAME or app:ID' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l key-file -d 'The key file that the hook on your own server reads' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l code-owners -d 'Require an approval by the code owners'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l signed-commits -d 'Require signed commits'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from guide" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from help" -f -a "plan" -d 'Show what apply would change'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from help" -f -a "apply" -d 'Set up the rules (a second run changes nothing)'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from help" -f -a "check" -d 'Show which rules are enforced; exit with 8 unless all are'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove what apply made, and nothing else'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from help" -f -a "guide" -d 'Print the steps to set up the rules by hand'
complete -c aidf -n "__fish_aidf_using_subcommand protect; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -f -a "show" -d 'Show every rule in force, and who set it'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -f -a "check" -d 'Say whether a commit may write these paths'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and not __fish_seen_subcommand_from show check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -l branch -d 'The branch (default: the one that a commit would write)' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -l pod -d 'The pod that writes (default: that of the token, or the configured one)' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show every rule in force, and who set it'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say whether a commit may write these paths'
complete -c aidf -n "__fish_aidf_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -f -a "install" -d 'Write instructions for AI agents into the files that they read'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and not __fish_seen_subcommand_from install help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -l for -d 'The agent (default: all of them)' -r -f -a "claude\t'Claude Code: CLAUDE.md'
codex\t'Codex and many others: AGENTS.md'
cursor\t'Cursor: .cursor/rules/aidf.mdc'
copilot\t'GitHub Copilot: .github/copilot-instructions.md'"
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -l apply -d 'Write the files (default: only show what would be written)'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from help" -f -a "install" -d 'Write instructions for AI agents into the files that they read'
complete -c aidf -n "__fish_aidf_using_subcommand agents; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -f -a "log" -d 'Show what was done and refused, from every record at hand'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -f -a "verify" -d 'Look for commits and records that were forged, altered or taken away'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and not __fish_seen_subcommand_from log verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -s n -l number -d 'At most this many entries' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l since -d 'Only what is not older than this, such as 7d or 36h' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l branch -d 'Only what was done to this branch' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l by -d 'Only what this one did: a token\'s id, a pod, a writer or a server\'s user' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l task-id -d 'Only what was done for this task' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "log" -d 'Show what was done and refused, from every record at hand'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Look for commits and records that were forged, altered or taken away'
complete -c aidf -n "__fish_aidf_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -f -a "issue" -d 'Issue a token for a sandbox or for an operator'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -f -a "inspect" -d 'Show what a token says and whether it is valid'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -f -a "revoke" -d 'Make a token invalid, permanently'
complete -c aidf -n "__fish_aidf_using_subcommand token; and not __fish_seen_subcommand_from issue inspect revoke help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l branch -d 'Issue a token for this sandbox' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l expires -d 'How long it is valid, such as 30d or 8h (default: 30d for an operator; a sandbox\'s token ends when nobody uses it)' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l pod -d 'Who gets the token' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l operator -d 'Issue an operator\'s token: it writes protected branches, deletes backups, revokes tokens'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from issue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -l reuse-token -d 'An operator\'s token, if the server asks for one (default: AIDF_REUSE_TOKEN)' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "issue" -d 'Issue a token for a sandbox or for an operator'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "inspect" -d 'Show what a token says and whether it is valid'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Make a token invalid, permanently'
complete -c aidf -n "__fish_aidf_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -f -a "show" -d 'Show the keys of the ring, without their secrets'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -f -a "rotate" -d 'Make a new key the one that seals tokens and signs commits'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -f -a "retire" -d 'Reject the tokens of an old key'
complete -c aidf -n "__fish_aidf_using_subcommand key; and not __fish_seen_subcommand_from show rotate retire help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -l prepare -d 'Only make the new key; the next rotation makes it active, once every machine has it'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from retire" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the keys of the ring, without their secrets'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Make a new key the one that seals tokens and signs commits'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "retire" -d 'Reject the tokens of an old key'
complete -c aidf -n "__fish_aidf_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -f -a "pre-receive" -d 'Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and not __fish_seen_subcommand_from pre-receive help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from pre-receive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from help" -f -a "pre-receive" -d 'Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them'
complete -c aidf -n "__fish_aidf_using_subcommand hook; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand demo" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand demo" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand demo" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand demo" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand demo" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand demo" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand demo" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand demo" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand demo" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand completions" -s C -l dir -d 'Work in the clone that contains DIR' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand completions" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand completions" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand completions" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand completions" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand completions" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand completions" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand completions" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand completions" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand completions" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand man" -l dir -d 'The folder to write to (made if it does not exist)' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand man" -s R -l repo -d 'Work directly on a remote (URL or path), without a clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand man" -l remote -d 'Use this remote of the clone' -r
complete -c aidf -n "__fish_aidf_using_subcommand man" -l config -d 'Read this operator\'s config file' -r -F
complete -c aidf -n "__fish_aidf_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always, also into pipes'
never\t'Never'"
complete -c aidf -n "__fish_aidf_using_subcommand man" -l timeout -d 'Wait at most this many seconds for the network' -r
complete -c aidf -n "__fish_aidf_using_subcommand man" -l json -d 'Print one JSON object on stdout'
complete -c aidf -n "__fish_aidf_using_subcommand man" -s q -l quiet -d 'Print errors only'
complete -c aidf -n "__fish_aidf_using_subcommand man" -s v -l verbose -d 'Print each step with its time on stderr'
complete -c aidf -n "__fish_aidf_using_subcommand man" -l no-input -d 'Never prompt'
complete -c aidf -n "__fish_aidf_using_subcommand man" -s y -l yes -d 'Answer yes to every question'
complete -c aidf -n "__fish_aidf_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "sandbox" -d 'Open, inspect, update and close sandboxes'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "commit" -d 'Write files, with their log entries, as one commit on a remote branch'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "status" -d 'Show the state of this clone and its sandbox'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "log" -d 'Show the commits of a branch'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "rollback" -d 'Undo commits by a new commit'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "snapshot" -d 'Save the working tree before something risky, and bring it back'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "backup" -d 'Make, list, prune, test and restore backups'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "propose" -d 'Show a sandbox\'s difference and open, or update, its pull request'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "land" -d 'Merge a sandbox into a protected branch, on a server without pull requests'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "protect" -d 'Make the server enforce the rules for everybody'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "policy" -d 'Show the rules in force, and what they say of a path'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "agents" -d 'Tell AI agents how to write here'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "audit" -d 'Read what was done, and prove that the records of it hold'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "token" -d 'Issue, read and revoke tokens'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "key" -d 'Show the key ring, give it a new key, retire an old one'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "hook" -d 'The hook that git runs on a server (`aidf protect apply` installs it)'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "demo" -d 'Show all the main commands at work on a new local remote'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "completions" -d 'Print the completion script for a shell'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "man" -d 'Write the man pages into a folder'
complete -c aidf -n "__fish_aidf_using_subcommand help; and not __fish_seen_subcommand_from sandbox commit status log rollback snapshot backup propose land protect policy agents audit token key hook demo completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "init" -d 'Open a sandbox: resume the token\'s branch, or fork a new one'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "list" -d 'List every sandbox and what it did'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "show" -d 'Show one sandbox\'s commits and files'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "diff" -d 'Show what one sandbox changed since its fork point'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "pull" -d 'Merge the sandbox\'s newest commit into the working files'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "switch" -d 'Check out the sandbox\'s branch'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "sync" -d 'Merge new commits of the base into the sandbox'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "close" -d 'Archive the sandbox, then delete its branch'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "prune" -d 'Archive the sandboxes that nobody writes to any more'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "restore" -d 'Bring a closed sandbox back from its archive'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from snapshot" -f -a "list" -d 'List the snapshots of this working tree, newest first'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from snapshot" -f -a "show" -d 'Show the files that differ between the working tree and a snapshot'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from snapshot" -f -a "restore" -d 'Set the working files as a snapshot has them, after a snapshot of what they are now'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from snapshot" -f -a "prune" -d 'Remove old snapshots of this working tree'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "create" -d 'Make today\'s backup of each branch (the default)'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "list" -d 'List the backups, newest first'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "prune" -d 'Remove the backups and bundles that no rule keeps'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "verify" -d 'Check that every object of the backups and bundles is present and intact'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "restore" -d 'Restore a backup, as a new branch or onto an existing one'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "export" -d 'Write the ledgers of branches as JSON files, or move old entries to the archive'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "drill" -d 'Restore the newest backup and bundle into empty repositories, and report'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "schedule" -d 'Print crontab lines, systemd timers or a GitHub Actions workflow'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from protect" -f -a "plan" -d 'Show what apply would change'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from protect" -f -a "apply" -d 'Set up the rules (a second run changes nothing)'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from protect" -f -a "check" -d 'Show which rules are enforced; exit with 8 unless all are'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from protect" -f -a "remove" -d 'Remove what apply made, and nothing else'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from protect" -f -a "guide" -d 'Print the steps to set up the rules by hand'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "show" -d 'Show every rule in force, and who set it'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "check" -d 'Say whether a commit may write these paths'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from agents" -f -a "install" -d 'Write instructions for AI agents into the files that they read'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "log" -d 'Show what was done and refused, from every record at hand'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Look for commits and records that were forged, altered or taken away'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "issue" -d 'Issue a token for a sandbox or for an operator'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "inspect" -d 'Show what a token says and whether it is valid'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "revoke" -d 'Make a token invalid, permanently'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "show" -d 'Show the keys of the ring, without their secrets'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "rotate" -d 'Make a new key the one that seals tokens and signs commits'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "retire" -d 'Reject the tokens of an old key'
complete -c aidf -n "__fish_aidf_using_subcommand help; and __fish_seen_subcommand_from hook" -f -a "pre-receive" -d 'Accept or refuse a push: reads `old new ref` lines from stdin, as git gives them'
