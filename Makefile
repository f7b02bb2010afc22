.PHONY: help demo test check lint format golden dashboards lock bench study clean

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

demo: ## Show fairlead at work on loopback; ONCE=1 ends after the summary
	@./tools/dev demo $(if $(ONCE),--once)

test: ## Run all tests; ARGS="-k psi" goes to pytest
	@./tools/dev test $(ARGS)

check: lint test ## What CI runs: lint and test

lint: ## Check style and types
	@./tools/dev lint

format: ## Format the code and apply safe fixes
	@./tools/dev format

golden: ## Rewrite the golden files
	@./tools/dev golden

dashboards: ## Rewrite the Grafana dashboards
	@./tools/dev dashboards

lock: ## Rewrite requirements*.txt; ARGS=--upgrade takes newer versions
	@./tools/dev lock $(ARGS)

bench: ## Measure fairlead beside its peers; ARGS="--rows 50000 --only fairlead"
	@./tools/dev bench $(ARGS)

study: ## Simulate false alarms and power; ARGS="--output exporter/docs/study.md"
	@./tools/dev study $(ARGS)

clean: ## Remove everything that was fetched or generated
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist demo-data bench-data
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
