"""A payment service provider for the sandbox: cards are authorised and captured, batches are settled to a bank account, and
cardholders take their money back weeks later. Its own books, its own process; it knows nothing of our database.

    psp.sqlite3   payments, disputes, settlement batches and the hints that wait to be delivered
"""
