"""One module a section of the page: from marts (or the model card) to blocks.

What belongs here: which figures and tables a section shows, and the sentences around them. What does not:
how a block is printed (templates) or drawn (report.figures).
"""
