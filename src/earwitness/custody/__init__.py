"""What is done with recordings after they were made, and who answers for it.

============  ==============================================================================
erasing       takes out of a session what has to be forgotten
holding       keeps a session from being erased or removed
looking       who was shown a session
storelog      the store's own log, in which all of this is told
============  ==============================================================================
"""
