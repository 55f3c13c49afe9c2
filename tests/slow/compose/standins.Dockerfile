# Stands in for the public images of docker-compose.yml where no registry can be reached: Debian's packages of the same programs, where and
# how the public images have them. compose.sh builds each target.
ARG BASE
FROM ${BASE} AS packages
# No service is started, no cluster made: the entry points do both.
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
 && mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      prometheus prometheus-alertmanager wget postgresql redis-server redis-tools > /dev/null

FROM packages AS prometheus
RUN install -d -o nobody -g nogroup /prometheus
USER nobody
WORKDIR /prometheus
ENTRYPOINT ["/bin/prometheus"]

FROM packages AS alertmanager
RUN ln -s prometheus-alertmanager /usr/bin/alertmanager && install -d -o nobody -g nogroup /alertmanager
USER nobody
WORKDIR /alertmanager
ENTRYPOINT ["/bin/alertmanager"]

FROM packages AS postgres
COPY postgres.sh /
RUN install -d -o postgres -g postgres /var/lib/postgresql/data
USER postgres
ENTRYPOINT ["bash", "/postgres.sh"]

FROM packages AS redis
RUN install -d -o redis -g redis /data
USER redis
WORKDIR /data
CMD ["redis-server", "--protected-mode", "no"]
