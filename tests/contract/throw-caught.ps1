# exit: 0
# stdout: caught something broke
# stdout: after
try { throw 'something broke' } catch { "caught $_" }
'after'
