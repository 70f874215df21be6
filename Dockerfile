# The app and its worker in one container, without root and without network needs at run time.
FROM python:3.12-slim
RUN pip install --no-cache-dir uv && useradd --create-home layerwise
WORKDIR /srv/layerwise
COPY pyproject.toml README.md LICENSE app.py ./
COPY .ci/constraints.txt .ci/constraints.txt
COPY .streamlit .streamlit
COPY analysis_core analysis_core
COPY pages pages
COPY assets assets
RUN uv venv /opt/layerwise && uv pip install --python /opt/layerwise --no-cache --constraint .ci/constraints.txt .
USER layerwise
ENV PATH=/opt/layerwise/bin:$PATH HF_HUB_DISABLE_TELEMETRY=1
EXPOSE 8501
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0"]
