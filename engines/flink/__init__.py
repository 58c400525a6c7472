"""A real Flink cluster on loopback, to run the pipelines on: installed, started, killed, stopped.

python -m engines.flink up | down | install | test
"""
