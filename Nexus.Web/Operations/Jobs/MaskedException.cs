using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Operations.Jobs;

/// <summary>A run's error as Hangfire may store and show it: without secrets. The log, masked too, has the whole of it.</summary>
internal sealed class MaskedException(Exception error, SecretMask mask) : Exception(mask.Apply($"{error.GetType().Name}: {error.Message}"));
