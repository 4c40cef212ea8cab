"""What can be learned by leaving parts of a document out and watching the score.

A document has players: tokens, numbers of its vectors, or groups of them. A coalition, bool (n,), says which of n
players stay. A `Plan` asks for the scores of coalitions and makes weights of them; a `Game` plays them, on vectors, ids
or texts.
"""
