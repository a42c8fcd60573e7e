"""scikit-learn estimators and the features they see, shared by reading and training."""
