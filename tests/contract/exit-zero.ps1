# exit: 0
# platform: unix
# An exit without a number is 0, whatever the last program returned.
sh -c 'exit 9'
exit
