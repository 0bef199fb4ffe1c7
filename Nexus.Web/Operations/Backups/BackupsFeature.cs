namespace Nexus.Web.Operations.Backups;

internal static class BackupsFeature
{
    public static void AddBackups(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<BackupOptions>().BindConfiguration(BackupOptions.Section);
        builder.Services.AddOptions<Credentials.CredentialOptions>().BindConfiguration(Credentials.CredentialOptions.Section);
        builder.Services.AddSingleton<BackupStore>().AddSingleton(new PostgresClients()).AddSingleton<DatabaseBackup>().AddSingleton<MigrationBackup>()
            .AddSingleton<PointInTime.StoredBases>().AddSingleton<PointInTime.MomentBackup>()
            .AddSingleton<CredentialsBackup>().AddSingleton<CredentialsRestore>()
            .AddSingleton<DatabaseLoad>().AddSingleton<RestoreDrill>().AddSingleton<Restores.DatabaseRestore>();
    }
}
