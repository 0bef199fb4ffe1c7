using System.Globalization;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Operations.Resources;

/// <summary>Says each day when disks are full, and warns in the log when that is soon.</summary>
internal sealed partial class DiskForecastJob(DiskForecast forecast, ILogger<DiskForecastJob> logger) : IJob
{
    public const string Id = "disk-forecast";

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var disks = await forecast.ReadAsync(cancellation);
        foreach (var disk in disks.Where(disk => disk.IsSoon))
            Log.Soon(logger, disk.Name, Math.Round(disk.DaysLeft!.Value, 1), disk.Free);
        return new(disks.Count == 0 ? "There are no samples of the last hours yet." : string.Join("; ", disks.Select(Words)) + ".", disks, 1);
    }

    public static string Words(DiskOutlook disk) => $"{disk.Name}: {Display.Bytes(disk.Free)} of {Display.Bytes(disk.Total)} free, " + disk switch
    {
        { PerDay: null } => "a day of samples is needed to say when it is full",
        { DaysLeft: { } days } => string.Create(CultureInfo.InvariantCulture, $"full in {(days < 10 ? days.ToString("0.#", CultureInfo.InvariantCulture) : days > 3650 ? "more than 3650" : days.ToString("0", CultureInfo.InvariantCulture))} days at {Display.Bytes((long)disk.PerDay!.Value)} a day"),
        _ => "it does not fill up",
    };

    private static partial class Log
    {
        [LoggerMessage(EventName = "disk_full_soon", Level = LogLevel.Warning, Message = "The disk of {Disk} is full in {Days} days at the pace of the last two weeks; {FreeBytes} bytes are free. Give it more, or keep less (RETENTION_*).")]
        public static partial void Soon(ILogger logger, string disk, double days, long freeBytes);
    }
}
