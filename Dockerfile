# The schedule in a container. How to use it: docs/schedule.md.
FROM node:22-slim AS build
WORKDIR /app
COPY . .
# Building needs the tools for development; running does not.
RUN npm ci --ignore-scripts && npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-slim
# Drills extract zip archives with unzip and tar.zst with zstd; SFTP goes through ssh.
RUN apt-get update \
  && apt-get install -y --no-install-recommends openssh-client unzip zstd \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The plan and the log are below /config, whoever runs it.
RUN mkdir /config && chown node /config
ENV XDG_STATE_HOME=/config/state NODE_ENV=production
VOLUME /config
WORKDIR /config
# A user with read access to the sources; --user names another one.
USER node
# Not through a shell or npm: the process gets SIGTERM itself.
ENTRYPOINT ["node", "/app/dist/bin/main.js"]
CMD ["schedule", "--cron", "0 2 * * *", "--plan", "/config/backup-plan.csv"]
