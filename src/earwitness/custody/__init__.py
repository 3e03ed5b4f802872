"""What is done with recordings after they were made, and who answers for it.

============  ==============================================================================
erasing       takes out of a session what has to be forgotten
planning      what that would take, and what it would leave
clearing      what goes from beside the log
withdrawing   erases a session whose party took their consent back
holding       keeps a session from being erased or removed
pruning       removes sessions that were kept long enough
due           which these are
looking       who was shown a session
storelog      the store's own log, in which all of this is told
unread        what of a session cannot be read here, and why
persons       by which names a store knows a person
searching     in which sessions they are named
closed        closed sessions, found to be what was sealed
words         what every entry of the store's log has to say
============  ==============================================================================
"""
