"""Labels and traces on their way out: DataFrames and MLflow's JSON."""
