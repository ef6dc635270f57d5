# exit: 0
# args: ["a", "", "-b", "c d", "-e:f", "--", "-", "1"]
# stdout: 9: <a> <> <-b> <c d> <-e> <f> <--> <-> <1>
# Without param(), everything is in $args.
"$($args.Count): $(@($args | ForEach-Object { "<$_>" }) -join ' ')"
