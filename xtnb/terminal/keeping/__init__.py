"""The state of a paper terminal as bytes, and back: what a journal keeps of it.

`codec` turns objects into plain values, `forms` says what each class of the state is
made of, `accounts` and `house` know what belongs to an account and to a terminal.
"""
