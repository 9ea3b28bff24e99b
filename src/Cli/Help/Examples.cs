namespace RaftCluster.Cli;

/// <summary>How each command is used, for its <c>--help</c>. A test tries all of them on the command line's grammar.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, string[]> _all = new(StringComparer.Ordinal)
    {
        [""] = ["raftctl up", "raftctl status", "raftctl put greeting hello", "raftctl get greeting"],
        ["up"] = ["raftctl up", "raftctl up --nodes 5 --data ./data --http-port 9001"],
        ["status"] = ["raftctl status", "raftctl status --disk", "raftctl status --json --endpoints http://10.0.0.1:8001"],
        ["get"] = ["raftctl get config/web", "raftctl get config/web --rev 41 --json", "raftctl get config/web --consistency local"],
        ["put"] =
        [
            "raftctl put config/web '{\"port\":80}' --content-type application/json",
            "raftctl put config/web @web.json",
            "raftctl put seen/n1 up --ttl 30s",
        ],
        ["delete"] = ["raftctl delete config/web", "raftctl delete --prefix config/"],
        ["list"] = ["raftctl list --prefix config/", "raftctl list --start a --end b --limit 100 --json"],
        ["watch"] = ["raftctl watch --from 0 --prefix config/", "raftctl watch --json"],
        ["add"] = ["raftctl add visits 1", "raftctl add ada -3 --table users --column credit"],
        ["txn"] = ["raftctl txn transfer.json"],
        ["table"] = ["raftctl table list"],
        ["table create"] = ["raftctl table create users -c name:string -c logins:number=0"],
        ["table get"] = ["raftctl table get users"],
        ["table list"] = ["raftctl table list"],
        ["table drop"] = ["raftctl table drop users"],
        ["row"] = ["raftctl row get users ada"],
        ["row get"] = ["raftctl row get users ada"],
        ["row put"] = ["raftctl row put users ada '{\"name\":\"Ada\"}'"],
        ["row patch"] = ["raftctl row patch users ada '{\"logins\":2}'"],
        ["row insert"] = ["raftctl row insert users '{\"name\":\"Bob\"}'"],
        ["row delete"] = ["raftctl row delete users ada"],
        ["row list"] = ["raftctl row list users --where logins:ge:1"],
        ["lease"] = ["raftctl lease grant 30s"],
        ["lease grant"] = ["raftctl lease grant 30s", "raftctl put services/web/1 10.0.0.7:80 --lease $(raftctl lease grant 30s)"],
        ["lease get"] = ["raftctl lease get 17"],
        ["lease keep-alive"] = ["raftctl lease keep-alive 17"],
        ["lease revoke"] = ["raftctl lease revoke 17"],
        ["lock"] = ["raftctl lock jobs/nightly --wait 1m -- ./nightly.sh"],
        ["lock status"] = ["raftctl lock status jobs/nightly"],
        ["lock release"] = ["raftctl lock release jobs/nightly --force"],
        ["elect"] = ["raftctl elect scheduler --value $(hostname) -- ./schedule.sh"],
        ["elect leader"] = ["raftctl elect leader scheduler"],
        ["elect watch"] = ["raftctl elect watch scheduler"],
        ["member"] = ["raftctl member list"],
        ["member list"] = ["raftctl member list", "raftctl member list --json"],
        ["member add"] = ["raftctl member add n4 http://10.0.0.4:8001 10.0.0.4:7001"],
        ["member promote"] = ["raftctl member promote n4"],
        ["member demote"] = ["raftctl member demote n4"],
        ["member move"] = ["raftctl member move n2 --url http://10.0.0.9:8001 --peer 10.0.0.9:7001"],
        ["member remove"] = ["raftctl member remove n3"],
        ["member replace"] = ["raftctl member replace n2 n6 http://10.0.0.6:8001 10.0.0.6:7001"],
        ["backup"] = ["raftctl backup save monday.backup"],
        ["backup save"] = ["raftctl backup save monday.backup", "raftctl backup save tuesday.backup --since monday.backup", "raftctl backup save - --node n2"],
        ["backup verify"] = ["raftctl backup verify monday.backup", "raftctl backup verify monday.backup tuesday.backup"],
        ["backup restore"] = ["raftctl backup restore monday.backup tuesday.backup --data ./new/n1 --node n1"],
        ["recover"] = ["raftctl recover --data ./data/n1,./data/n3", "raftctl recover --data ./data/n1,./data/n3 --i-accept-data-loss"],
        ["rolling-restart"] =
        [
            "raftctl rolling-restart",
            "raftctl rolling-restart --yes --exec 'ssh {host} systemctl restart raftcluster'",
            "raftctl rolling-restart --yes --skip n1,n2",
        ],
        ["log"] = ["raftctl log verify --data ./data/n1"],
        ["log dump"] = ["raftctl log dump --data ./data/n1"],
        ["log verify"] = ["raftctl log verify --data ./data/n1"],
        ["compact"] = ["raftctl compact", "raftctl compact --keep 1000", "raftctl compact --older 1h"],
        ["doctor"] = ["raftctl doctor", "raftctl doctor --all", "raftctl doctor --json"],
        ["bundle"] = ["raftctl bundle", "raftctl bundle -o report.tar.gz --lines 500"],
        ["completion"] = ["source <(raftctl completion bash)", "raftctl completion fish > ~/.config/fish/completions/raftctl.fish"],
        ["leader"] = ["raftctl leader show"],
        ["leader transfer"] = ["raftctl leader transfer n2", "raftctl leader transfer"],
        ["leader show"] = ["raftctl leader show"],
        ["failover"] = ["raftctl failover", "raftctl failover --to n3"],
        ["node"] = ["raftctl node drain n2"],
        ["node drain"] = ["raftctl node drain n2"],
        ["node undrain"] = ["raftctl node undrain n2"],
        ["exit-codes"] = ["raftctl exit-codes"],
    };

    /// <summary>A command's examples; null when it has none.</summary>
    /// <param name="path">The names of the command and those above it, without the program's.</param>
    internal static IReadOnlyList<string>? Of(string path) => _all.GetValueOrDefault(path);
}
