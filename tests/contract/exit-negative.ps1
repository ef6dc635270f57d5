# exit: 255
# platform: unix
exit -1
