"""Neural networks: architectures, the adapter between Keras and fit and predict, training, augmentation."""
