"""What must not be kept: found before it is written.

===========  ================================================================
detectors    what is sensitive in a text: one kind of thing, one module
spoken       numbers as they are said, in each language one data file
pseudonyms   what stands in the place of what was found
===========  ================================================================
"""
