# The node and raftctl: docker build -f deploy/node.dockerfile -t raftcluster-node . (in the repository's root).
# A node's options are variables (docker run -e RAFT_NODE=n1 …); raftctl runs in it too (docker exec … raftctl status).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TARGETARCH=amd64
WORKDIR /source
COPY . .
RUN rid=linux-$(echo "$TARGETARCH" | sed s/amd64/x64/) \
    && for project in Node Cli; do \
        dotnet publish "src/$project" -c Release -r "$rid" -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=false \
            -p:RestoreLockedMode=true -o /programs || exit 1; \
    done

# The runtime is in the programs. Nothing is written but /data.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0
COPY --from=build /programs /usr/local/lib/raftcluster
RUN ln -s ../lib/raftcluster/raftcluster-node ../lib/raftcluster/raftctl /usr/local/bin/ \
    && mkdir /data && chown 1654:1654 /data
# The image's user 'app'. By its number, so that whoever must can see that it is not root.
USER 1654
VOLUME /data
EXPOSE 8001 7001
ENV RAFT_DATA=/data RAFT_INSECURE=true
# Whether the process works, not whether it can serve: what it lacks may be the other nodes, and no restart brings those.
HEALTHCHECK --interval=10s --timeout=6s --start-period=5m --start-interval=2s CMD ["raftcluster-node", "health"]
ENTRYPOINT ["raftcluster-node"]
