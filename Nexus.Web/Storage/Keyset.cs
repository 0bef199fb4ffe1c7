using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;

namespace Nexus.Web.Storage;

/// <summary>Rows in the order of a figure and, among equals, of something that no two rows share; and those that come after one of them.</summary>
/// <param name="By">The figure.</param>
internal sealed record Keyset<T>(Expression<Func<T, long>> By, bool Ascending)
{
    /// <param name="among">Of rows with the same figure, those that come later.</param>
    public IQueryable<T> After(IQueryable<T> rows, long figure, Expression<Func<T, bool>> among)
    {
        // A value in a closure is a parameter of the statement: the same plan serves every page.
        Expression<Func<long>> last = () => figure;
        var row = By.Parameters[0];
        var rest = ReplacingExpressionVisitor.Replace(among.Parameters[0], row, among.Body);
        var past = Ascending ? Expression.GreaterThan(By.Body, last.Body) : Expression.LessThan(By.Body, last.Body);
        return rows.Where(Expression.Lambda<Func<T, bool>>(Expression.OrElse(past, Expression.AndAlso(Expression.Equal(By.Body, last.Body), rest)), row));
    }

    /// <summary>The same from the other end.</summary>
    public Keyset<T> Reversed => this with { Ascending = !Ascending };

    public IOrderedQueryable<T> Order(IQueryable<T> rows) => Ascending ? rows.OrderBy(By) : rows.OrderByDescending(By);
}
