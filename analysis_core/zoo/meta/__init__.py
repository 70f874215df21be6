"""Trains `meta_learning`: from the cheap methods' scores of many models to what ablation measured of them.

Every embedded model and every variant (see :mod:`~analysis_core.zoo.variants`) is analysed on several draws of its
search examples, as blocks and as sub-layers. The reports are kept as files, so that a restart begins where it ended;
remove the folder when a method has changed. Left out are variants that never learnt: those whose accuracy is less than
twice the share of their most frequent class.

A ridge regression then learns within-model standardised ablation. How it is set (:class:`Setting`) is chosen by leaving
one model out; and because that choice has seen every model, the correlation that is reported leaves out one model
first, and makes the choice anew on the others.
"""
