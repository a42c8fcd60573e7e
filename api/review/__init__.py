"""The moderators' work: the queue and what is decided of it, for the API and the console alike.

Every function takes the database session first and never commits: what belongs
together stands in one transaction of the caller's.  Texts never leave the item
they belong to: no audit entry, error or event holds one.
"""
