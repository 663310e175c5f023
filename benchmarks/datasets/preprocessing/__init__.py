"""From images as they were found to the splits of 28×28 that models are trained and tested on."""
