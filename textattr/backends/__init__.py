"""What is explained: a Keras model, or a black box, such as a function of texts or a Keras model that counts words."""
