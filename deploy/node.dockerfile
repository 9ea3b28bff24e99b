FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Node -c Release -o /node

FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /node /node
RUN mkdir /data && chown app /data
USER app
VOLUME /data
ENV RAFT_DATA=/data RAFT_INSECURE=true
ENTRYPOINT ["dotnet", "/node/raftcluster-node.dll"]
