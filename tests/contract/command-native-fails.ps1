# command: true
# platform: unix
# exit: 1
# A program's exit code becomes 1, as every failure of -Command does without exit.
sh -c 'exit 9'
