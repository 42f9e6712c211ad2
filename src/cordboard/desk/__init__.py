"""What a person may ask of Cordboard, one file a trade noun: named checks first, effects after, everything audited."""
