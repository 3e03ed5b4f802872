"""What must not be kept, and what has to go: pure, but for what is read from a key's file.

Before it is written:

============  =====================================================================
detectors     what is sensitive in a text: one kind of thing, one module
spoken        numbers as they are said, in each language one data file
keypad        keys that were pressed on a telephone
breaths       digits that are all that somebody says
pseudonyms    what stands in the place of what was found
forms         what there may be in a place of an event
parts         what LiveKit's events are made of, in forms
paths         where in an event there is what a policy may name
policy        what is done with it
presets       policies for a purpose
conversation  what a detector is told of what was said before
documents     texts that are values written down
searching     what the detectors find in an event's content
treating      an event's payload, field by field
stillness     when nothing that is said may be kept
consent       who was asked, and who has consented
redaction     all of that, for one event after the other
============  =====================================================================

After it was:

============  =====================================================================
parties       which events are whose words
erasure       which payloads go when something is erased
retention     how long a recording is to be kept
accounts      what the store's own log tells
============  =====================================================================
"""
