"""`pages`: the console and the lists of the API over a long past, beside the same pages over a short one.

What operators read depends on what is open and on the newest fifty rows, and neither grows with the past. So the floor is the same
page, through the same stack, in a database with the first size; both have as many rows in every state and of every kind to show.
"""
