using System.Formats.Tar;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Backups;
using Xunit;

namespace Nexus.Web.Tests.Operations.Backups;

public sealed class CredentialsBackupTests : IAsyncLifetime
{
    private const string Passphrase = "correct horse battery staple";
    private BackupNexus _nexus = null!;

    public async Task InitializeAsync() => _nexus = await BackupNexus.StartAsync(("BACKUP_PASSPHRASE", Passphrase));

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task Plain_openssl_and_tar_open_an_encrypted_backup_with_every_file_and_its_mode()
    {
        await _nexus.RunJobAsync(CredentialsBackupJob.Id);
        var backup = Assert.Single(_nexus.Store.List("credentials"));
        Assert.Matches(@"^credentials-\d{8}-\d{6}\.tar\.gz\.enc$", backup.Name);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(backup.Path));
        Assert.DoesNotContain(BackupNexus.Canary, await File.ReadAllTextAsync(backup.Path), StringComparison.Ordinal);
        var target = Directory.CreateDirectory(Path.Combine(_nexus.Directory, "opened")).FullName;
        await BackupNexus.ShellAsync($"openssl enc -d -aes-256-cbc -pbkdf2 -in {backup.Path} -pass 'pass:{Passphrase}' | tar xz -C {target}", _nexus.Database);
        var file = Path.Combine(target, "one.example.credentials.json");
        Assert.Contains(BackupNexus.Canary, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task What_openssl_encrypted_is_opened_and_a_wrong_passphrase_is_told_as_such()
    {
        var path = Path.Combine(_nexus.Directory, "by-hand.tar.gz.enc");
        await BackupNexus.ShellAsync($"tar cz -C {_nexus.App.CredentialsDirectory} . | openssl enc -aes-256-cbc -pbkdf2 -out {path} -pass 'pass:{Passphrase}'", _nexus.Database);
        var target = Directory.CreateDirectory(Path.Combine(_nexus.Directory, "opened")).FullName;
        Assert.Equal(["one.example.credentials.json"], await CredentialsArchive.ExtractAsync(path, null, Passphrase, target, default));
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => CredentialsArchive.ExtractAsync(path, null, "wrong" + Passphrase, target, default));
        Assert.Contains("BACKUP_PASSPHRASE", error.Message, StringComparison.Ordinal);
        Assert.Contains("set BACKUP_PASSPHRASE", (await Assert.ThrowsAsync<InvalidDataException>(() => CredentialsArchive.ExtractAsync(path, null, "", target, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_replaces_files_at_once_keeps_the_replaced_and_leaves_others()
    {
        await _nexus.RunJobAsync(CredentialsBackupJob.Id);
        var backup = _nexus.Store.List("credentials")[0];
        var file = Path.Combine(_nexus.App.CredentialsDirectory, "one.example.credentials.json");
        await File.WriteAllTextAsync(file, "broken");
        _nexus.App.WriteCredential("later.example", "{}");
        var restore = _nexus.App.Services.GetRequiredService<CredentialsRestore>();
        Assert.Null((await restore.RunAsync(backup, dryRun: true, default)).KeptIn);
        Assert.Equal("broken", await File.ReadAllTextAsync(file));
        var done = await restore.RunAsync(backup, dryRun: false, default);
        Assert.Contains(BackupNexus.Canary, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.Equal(["later.example.credentials.json"], done.Others);
        Assert.Equal("broken", await File.ReadAllTextAsync(Path.Combine(done.KeptIn!, "one.example.credentials.json")));
        Assert.Equal(2, Directory.GetFileSystemEntries(_nexus.App.CredentialsDirectory).Length);
    }

    [Fact]
    public async Task A_damaged_backup_changes_nothing()
    {
        await _nexus.RunJobAsync(CredentialsBackupJob.Id);
        var backup = _nexus.Store.List("credentials")[0];
        var bytes = await File.ReadAllBytesAsync(backup.Path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(backup.Path, bytes);
        var file = Path.Combine(_nexus.App.CredentialsDirectory, "one.example.credentials.json");
        await File.WriteAllTextAsync(file, "newer");
        var restore = _nexus.App.Services.GetRequiredService<CredentialsRestore>();
        Assert.Contains("is damaged between bytes 0 and", (await Assert.ThrowsAsync<InvalidDataException>(() => restore.RunAsync(backup, dryRun: false, default))).Message, StringComparison.Ordinal);
        Assert.Equal("newer", await File.ReadAllTextAsync(file));
        Assert.Single(Directory.GetFileSystemEntries(_nexus.App.CredentialsDirectory));
    }

    [Theory]
    [InlineData("../outside.json")]
    [InlineData("/etc/outside.json")]
    public async Task An_archive_that_reaches_outside_is_refused(string name)
    {
        var path = Path.Combine(_nexus.Directory, "evil.tar.gz");
        await using (var file = File.Create(path))
        await using (var gzip = new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionLevel.Fastest))
        await using (var tar = new TarWriter(gzip))
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) });
        var target = Directory.CreateDirectory(Path.Combine(_nexus.Directory, "opened")).FullName;
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => CredentialsArchive.ExtractAsync(path, null, "", target, default));
        Assert.Contains("not a plain file inside it", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_nexus.Directory, "outside.json")));
    }
}
