# command: true
# exit: 1
# stderr: something broke
throw 'something broke'
