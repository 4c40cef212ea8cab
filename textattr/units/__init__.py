"""Which tokens make a word, a sentence or another unit, and what becomes of an explanation that is told in them."""
