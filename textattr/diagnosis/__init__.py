"""What is found out about a model before anything is explained: can it be, by which methods, and how is it read?"""
