namespace Nexus.Bench.Load;

/// <summary>Durations or other figures, in no order, and what to say of them.</summary>
internal sealed class Quantiles
{
    private readonly double[] _sorted;

    public Quantiles(IEnumerable<double> values)
    {
        _sorted = [.. values];
        Array.Sort(_sorted);
    }

    public int Count => _sorted.Length;

    public double Median => At(0.5);

    /// <summary>The nearest-rank quantile; NaN of nothing.</summary>
    public double At(double quantile) => _sorted.Length == 0 ? double.NaN : _sorted[Math.Clamp((int)Math.Ceiling(quantile * _sorted.Length) - 1, 0, _sorted.Length - 1)];

    public static double MedianOf(IEnumerable<double> values)
    {
        var sorted = new Quantiles(values)._sorted;
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
