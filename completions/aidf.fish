complete --keep-order --exclusive --command aidf --arguments "(COMPLETE=fish aidf -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
