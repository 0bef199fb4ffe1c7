using System.Runtime.InteropServices;

namespace Nexus.Web.Cli;

/// <summary>
/// SIGTERM and SIGINT from the first moment on. Before anybody has them handed over they are counted: they would otherwise
/// end the process in the middle of its start, and leave behind what runs already.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _signals;
    private readonly Lock _gate = new();
    private int _waiting;
    private Action? _heard;

    public StopSignals() => _signals = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal)];

    public bool HaveCome
    {
        get
        {
            lock (_gate)
                return _waiting > 0;
        }
    }

    /// <summary>From now on <paramref name="heard"/> is called once for each signal; for those that have come, now.</summary>
    public void HandTo(Action heard)
    {
        lock (_gate)
        {
            _heard = heard;
            for (; _waiting > 0; _waiting--)
                heard();
        }
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_gate)
        {
            if (_heard is null)
                _waiting++;
            else
                _heard();
        }
    }
}
