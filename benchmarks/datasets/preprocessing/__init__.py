"""From raw images to the splits of 28×28 images that models are trained and tested on."""
