"""Models that can only be asked: functions of texts, scikit-learn, Keras models that count words."""
