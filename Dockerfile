# The service alone: built from the hashed locks in one stage, shipped without pip or a compiler, run without root.
#   docker build -t open-mind . && docker run -p 8000:8000 --env-file open-mind.env open-mind
# Settings are OPENMIND_* variables (README); `docker run … open-mind openmind migrate` brings the schema up to date.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY locks/build.txt locks/runtime.txt locks/
RUN pip install --require-hashes -r locks/build.txt \
 && python -m venv --without-pip /opt/open-mind \
 && pip --python /opt/open-mind/bin/python install --only-binary :all: --require-hashes -r locks/runtime.txt
COPY . .
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheels . \
 && pip --python /opt/open-mind/bin/python install --no-deps --no-index /wheels/*.whl

FROM python:3.13-slim
RUN pip uninstall --yes --quiet --root-user-action=ignore pip \
 && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin open-mind \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/open-mind /opt/open-mind
ENV PATH=/opt/open-mind/bin:$PATH PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=3)"]
CMD ["openmind", "serve", "--host", "0.0.0.0", "--port", "8000"]
